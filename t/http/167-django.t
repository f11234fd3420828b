# SPDX-License-Identifier: Apache-2.0
# Tests that the certificate is the login of a Django application in mod_wsgi, and that clients
# cannot forge it, as configured in conf/examples/django.conf.
use strict;
use warnings;
use ClientCert::Test;
use ClientCert::Test::Application;
use ClientCert::Test::Example;
use ClientCert::Test::File;
use ClientCert::Test::Machine qw(top);

needs(modules => ['wsgi'], files => ['/usr/lib/python3*/*-packages/django/__init__.py']);

# The settings of the example's comment.
my ($settings) = read_file(top() . '/conf/examples/django.conf') =~ /^((?:#   [MA]\w+ .*\n)+)/m;
$settings =~ s/^#   //mg;
sub wsgi {
    my ($own) = @_;
    return <<"PYTHON";
import django
from django.conf import settings
MIDDLEWARE = ['django.contrib.sessions.middleware.SessionMiddleware',
    'django.contrib.auth.middleware.AuthenticationMiddleware']
$own
settings.configure(ALLOWED_HOSTS=['localhost'], ROOT_URLCONF=__name__, SECRET_KEY='k' * 50,
    USE_TZ=True, MIDDLEWARE=MIDDLEWARE, AUTHENTICATION_BACKENDS=AUTHENTICATION_BACKENDS,
    INSTALLED_APPS=['django.contrib.' + x for x in ('contenttypes', 'auth', 'sessions')],
    SESSION_ENGINE='django.contrib.sessions.backends.signed_cookies',
    DEFAULT_AUTO_FIELD='django.db.models.AutoField',
    DATABASES={'default': {'ENGINE': 'django.db.backends.sqlite3', 'NAME': '\@ROOT\@/var/users'}})
django.setup()
from django.core.management import call_command
from django.http import HttpResponse
from django.urls import re_path
from django.core.wsgi import get_wsgi_application
call_command('migrate', verbosity=0)
def show(request):
    meta = request.META
    return HttpResponse('user=%s type=%s groups=%s' % (request.user.get_username(),
        meta.get('AUTH_TYPE', ''), meta.get('CLIENTCERT_GROUPS', '')), content_type='text/plain')
urlpatterns = [re_path('', show)]
application = get_wsgi_application()
PYTHON
}
announce('AH01630', 'CC0110');

sub server {
    my (%files) = @_;
    return example('django', define => { DJANGO => '@ROOT@/app' }, modules => ['http2'],
        conf => 'Protocols h2 http/1.1', global => "WSGISocketPrefix run/wsgi\n",
        writable => ['var'], files => \%files);
}
my $h = server('app/wsgi.py' => wsgi($settings));

sub seen {
    my $r = $h->get(@_);
    return $r->{status} == 200 ? $r->{body} : "$r->{status} $r->{body}";
}
my $alice  = 'user=alice type=ClientCert groups=staff,admins';
my $bob    = 'user=bob type=ClientCert groups=staff';
my $no_one = 'user= type= groups=';

my $first = $h->get('/app/private', cert => 'alice');
is $first->{body}, $alice, 'the application sees the user and the groups' or diag join "\n",
    $h->log_lines('wsgi');
my ($session) = ($first->{headers}{'set-cookie'} // '') =~ /(sessionid=[^;]+)/;
ok $session, 'and begins a session';
my @session = (headers => ["Cookie: $session"]);
is seen('/app/private', cert => 'alice', @session), $alice, 'in which the user stays the same';
is seen('/app/private', cert => 'bob', @session), $bob, 'but not with the certificate of another';
is seen('/app', @session), $no_one, 'nor without one';
is $h->get('/app/private', @session)->{status}, 403, 'and the session opens no page';
is $h->get('/app/private', cert => 'partner')->{status}, 403,
    'nor does a certificate of another CA';
is $h->get('/app/private/admin', cert => 'bob')->{status}, 403, 'a part of it needs the group';
is seen('/app/private/admin', cert => 'alice'), $alice, 'which another client has';

my @forged = (user => 'alice:x', headers => [@{ $session[1] }, map { "$_: alice" } qw(Remote-User
    Remote_User
    REMOTE_USER X-Remote-User Http-Remote-User ClientCert-User CLIENTCERT_GROUPS ClientCert-Groups
    Auth-Type    wsgi.user mod_wsgi.user)]);
for my $http2 (0, 1) {
    my @options = (@forged, http2 => $http2);
    is seen('/app/private?REMOTE_USER=alice', cert => 'bob', @options), $bob,
        'headers do not change them' . (', with HTTP/2' x $http2);
    is seen('/app', @options), $no_one, 'nor make a user without a certificate';
}
is $h->get($_, cert => 'bob', curl => ['--path-as-is'])->{status}, 403,
    "no way to the group's part: $_" for
    '/app/private/x/../admin', '/app/private//admin', '/app/private/%61dmin',
        '/app//private/admin/x';
$h->stop;

# ---- the file and the settings of doc/applications.md, which accept existing accounts only

my ($part) = read_file(top() . '/doc/applications.md') =~ /^## Django.*?\n(.*?)^## /ms;
my ($file) = $part =~ /`(\w+\.py)` beside `wsgi\.py`/;
my ($class, $names) = $part =~ /^```python\n(.*?)^```$/msg;
$h = server("app/$file" => $class, 'app/wsgi.py' => wsgi($names) . <<'PYTHON');
from django.contrib.auth.models import User
User.objects.get_or_create(username='bob')
PYTHON
is seen('/app/private', cert => 'bob'), $bob, 'a user with an account is known';
is seen('/app/private', cert => 'alice'), $alice =~ s/user=alice/user=/r,
    'and none is made for another one';

done_testing;
