# SPDX-License-Identifier: Apache-2.0
# Finds faults of a page that keep people from reading it: rules of WCAG 2.1, levels A and AA.
package ClientCert::Test::Accessible;

=head1 SYNOPSIS

    use ClientCert::Test::Accessible;

    is_deeply [faults($browser, $url, width => 320, dark => 1)], [], 'everybody can read the page';

C<faults> opens a page (see L<ClientCert::Test::Browser>), opens its details, and returns its faults
as sentences: language, title, headings, landmarks, contrast (as computed from the styles), width,
names of links, headers of tables, structure of lists. With the environment variable AXE, the path
of axe.min.js of axe-core, it also returns the violations that axe-core finds.

=cut

use strict;
use warnings;

use Exporter qw(import);

use ClientCert::Test::File;

our @EXPORT = qw(faults);

my $audit = <<'JS';
(() => {
    const faults = [], all = selector => [...document.querySelectorAll(selector)];
    const check = (holds, fault) => holds || faults.push(fault);
    all('details').forEach(one => one.open = true);

    check(/^[a-z]{2}/.test(document.documentElement.lang), 'the page has no language');
    check(document.title.trim(), 'the page has no title');
    check(document.querySelector('meta[name=viewport]'), 'the page has no viewport');

    const levels = all('h1,h2,h3,h4,h5,h6').map(one => Number(one.tagName[1]));
    check(levels[0] === 1 && levels.filter(level => level === 1).length === 1,
        `headings: ${levels}`);
    levels.forEach((level, i) => check(i === 0 || level <= levels[i - 1] + 1,
        `a heading of level ${level} follows one of level ${levels[i - 1]}`));

    check(all('main').length === 1, 'there is not one <main>');
    all('body > *').forEach(one => check(one.tagName === 'MAIN', `<${one.tagName}> is in no landmark`));
    all('a').forEach(one => check(one.textContent.trim().length > 2, `a link without a name: ${one.href}`));
    all('summary').forEach(one => check(one.textContent.trim(), 'a <summary> without a text'));
    all('table').forEach(one => check(one.querySelector('th[scope]'), 'a table without headers'));
    all('th').forEach(one => check(one.scope && one.textContent.trim(), 'a header without scope or text'));
    all('li').forEach(one => check(/^[UO]L$/.test(one.parentNode.tagName), '<li> outside of a list'));
    all('dt,dd').forEach(one => check(one.parentNode.tagName === 'DL', `<${one.tagName}> outside of <dl>`));
    all('dl').forEach(one => check(one.children.length > 0 && [...one.children].every(
        (child, i) => child.tagName === (i % 2 ? 'DD' : 'DT')), 'a <dl> that is empty or not in pairs'));
    all('img,svg,iframe,object,embed,video,audio,script').forEach(one => check(false, `<${one.tagName}>`));

    const root = document.documentElement;
    check(root.scrollWidth <= root.clientWidth, `${root.scrollWidth} pixels wide, not ${root.clientWidth}`);
    all('body *').forEach(one => check(one.getBoundingClientRect().right <= root.clientWidth + 0.5,
        `<${one.tagName}> is cut at the right: ${one.textContent.slice(0, 40)}`));

    // Contrast: WCAG 2.1, 1.4.3.
    const numbers = colour => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map(c => c / 255).map(
        c => c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4
    ).reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const behind = one => {
        for (; one; one = one.parentElement) {
            const colour = numbers(getComputedStyle(one).backgroundColor);
            if (colour[3] !== 0) return colour;
        }
        return [255, 255, 255];
    };
    const seen = new Set();
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    for (let node; (node = walker.nextNode());) {
        if (!node.textContent.trim()) continue;
        const one = node.parentElement, style = getComputedStyle(one), size = parseFloat(style.fontSize);
        const [a, b] = [light(numbers(style.color)), light(behind(one))].sort((x, y) => y - x);
        const ratio = (a + 0.05) / (b + 0.05);
        const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
        const fault = `the contrast of <${one.tagName} class="${one.className}"> is ${ratio.toFixed(2)}`;
        if (ratio < least && !seen.has(fault)) faults.push(fault);
        seen.add(fault);
        if (size < 12) faults.push(`a text of ${size} pixels: ${node.textContent.slice(0, 40)}`);
    }
    return faults;
})()
JS

my $axe_run = <<'JS';
;axe.run(document).then(results => results.violations.map(one =>
    `axe: ${one.id}: ${one.help}: ${one.nodes.map(node => node.html).join(' ').slice(0, 300)}`))
JS

sub faults {
    my ($browser, $url, %o) = @_;
    my @faults = @{ $browser->evaluate($url, $audit, %o) };
    push @faults, @{ $browser->evaluate($url,
        "document.querySelectorAll('details').forEach(one => one.open = true);\n"
            . read_file($ENV{AXE}) . $axe_run, %o) } if $ENV{AXE};
    return @faults;
}

1;
