<?php
// SPDX-License-Identifier: Apache-2.0
// For applications that know only PHP_AUTH_USER: sets it to the user of the certificate.
//
// PHP-FPM runs this file before each script, by the line "auto_prepend_file" of php.conf. PHP
// itself takes these three from the header Authorization, which a client can send with any
// certificate. So they are removed, and there is never a password.

unset($_SERVER['PHP_AUTH_USER'], $_SERVER['PHP_AUTH_PW'], $_SERVER['PHP_AUTH_DIGEST']);
if (($_SERVER['REMOTE_USER'] ?? '') !== '') {
    $_SERVER['PHP_AUTH_USER'] = $_SERVER['REMOTE_USER'];
}
