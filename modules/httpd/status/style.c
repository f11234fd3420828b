/* SPDX-License-Identifier: Apache-2.0 */
/* Defines the style sheet of clientcert-status, for wide and narrow, light and dark screens. */
#include "httpd/status/style.h"

/* The content of the <style> element; the policy below contains its digest. */
const char cc_page_style[] =
    ":root{color-scheme:light dark;--text:#1f2328;--soft:#59636e;--page:#f6f8fa;--card:#fff;"
    "--line:#d1d9e0;--link:#0550ae;--ok:#0f5323;--ok-bg:#dafbe1;--no:#7a1019;--no-bg:#ffebe9;"
    "--warn:#5c4200;--warn-bg:#fff1c2}"
    "@media(prefers-color-scheme:dark){:root{--text:#f0f6fc;--soft:#a5afba;--page:#0d1117;"
    "--card:#161b22;--line:#3d444d;--link:#79c0ff;--ok:#7ee787;--ok-bg:#12261e;--no:#ffa198;"
    "--no-bg:#2d1619;--warn:#f2cc60;--warn-bg:#2b2210}}"
    "*{box-sizing:border-box}"
    "body{margin:0;background:var(--page);color:var(--text);font:1rem/1.5 system-ui,sans-serif}"
    "main{max-width:54rem;margin:0 auto;padding:1.5rem 1rem 3rem}"
    "h1,h2,p,dl,dd,ul,ol,pre{margin:0}"
    "h1{font-size:1.6rem;line-height:1.25;margin:.5rem 0}"
    "h2{font-size:1.1rem;margin-bottom:.75rem}"
    "h1,p,dt,dd,li,pre,summary{overflow-wrap:anywhere}"
    "section{background:var(--card);border:1px solid var(--line);border-radius:.5rem;"
    "padding:1rem;margin-top:1rem}"
    "a,summary{color:var(--link)}"
    "summary{cursor:pointer;font-weight:600}"
    "details{margin-top:1rem}"
    "details dl,li dl,li pre{margin-top:.5rem}"
    "section>p+*,section>ul+*,section>dl+*{margin-top:.75rem}"
    "dl{display:grid;grid-template-columns:11rem minmax(0,1fr);gap:.4rem 1rem}"
    "dt,small{color:var(--soft)}"
    "small{font-size:.875rem}"
    "ul,ol{padding-left:1.25rem}"
    "li+li{margin-top:.4rem}"
    "ol>li+li{margin-top:1rem}"
    "li dl{grid-template-columns:6rem minmax(0,1fr);gap:.1rem 1rem}"
    "dd>ul{list-style:none;padding:0}"
    "dd li+li{margin-top:.1rem}"
    "code,pre{font:.875rem/1.5 ui-monospace,monospace}"
    "pre{white-space:pre-wrap}"
    ".tag{display:inline-block;padding:.1rem .6rem;border-radius:1rem;font-weight:600;"
    "font-size:.875rem}"
    ".warning{color:var(--warn);background:var(--warn-bg);border-radius:.5rem;padding:.5rem 1rem;"
    "margin-top:.75rem;font-weight:600}"
    ".ok{color:var(--ok);background:var(--ok-bg)}"
    ".no{color:var(--no);background:var(--no-bg)}"
    "nav{display:flex;flex-wrap:wrap;gap:.5rem 1.5rem;margin-top:1.5rem}"
    "@media(max-width:36rem){dl{display:block}dd+dt{margin-top:.6rem}}";

const char cc_page_policy[] =
    "default-src 'none'; style-src 'sha256-HqhhcdOVKBWJlkOUe21NKzrgMKK2C3WjZfEz3hhKSws='; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
