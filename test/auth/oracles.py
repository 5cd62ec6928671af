"""Other implementations, each asked through one process for many questions."""
import json
import os
import shutil
import subprocess

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
BATCH = os.environ.get("SLUICE_BATCH", os.path.join(ROOT, "build", "test", "test", "auth", "auth_batch"))

PERL_LOOP = r"""
use strict; use warnings; no warnings 'redefine'; use JSON::PP; $| = 1;
my $json = JSON::PP->new->ascii->canonical;
while (my $line = <STDIN>) {
    my $in = $json->decode($line);
    my $out = eval { answer($in) };
    $out = { result => 'died', explanation => "$@" } unless defined $out;
    print $json->encode($out), "\n";
}
"""

# A resolver that knows a zone and nothing else.
PERL_SPF = r"""
package Zone; use Net::DNS;
our %zone;
sub new { bless {}, shift } sub errorstring { $_[0]{error} }
sub send {
    my ($self, $name, $type) = @_;
    $self->{error} = '';
    my $entry = $zone{lc $name =~ s/\.$//r};
    my $packet = eval { Net::DNS::Packet->new($name, $type, 'IN') };
    if (!$packet) { $self->{error} = 'no such question'; return undef }
    $packet->header->qr(1);
    if (!$entry) { $packet->header->rcode('NXDOMAIN'); $self->{error} = 'NXDOMAIN'; return $packet }
    for my $record (@$entry) {
        if (!ref $record) { $self->{error} = 'query timed out'; return undef }
        my $value = $record->{$type};
        next unless defined $value;
        my %data = $type eq 'MX' ? (preference => $value->[0], exchange => $value->[1])
            : $type eq 'TXT' ? (txtdata => [ref $value ? @$value : $value =~ /(.{1,255})/gs])
            : $type eq 'PTR' ? (ptrdname => $value) : (address => $value);
        $packet->push(answer => Net::DNS::RR->new(owner => $name, type => $type, %data));
    }
    return $packet;
}
package main; use Mail::SPF;
sub answer {
    my $in = shift;
    %Zone::zone = %{$in->{zone}};
    my $server = Mail::SPF::Server->new(dns_resolver => Zone->new, hostname => 'mx.test', default_authority_explanation => '',
        query_rr_types => Mail::SPF::Server->query_rr_type_txt);
    my $helo = $in->{sender} eq '';
    my $request = Mail::SPF::Request->new(scope => $helo ? 'helo' : 'mfrom', identity => $helo ? $in->{helo} : $in->{sender},
        ip_address => $in->{ip}, helo_identity => $in->{helo});
    my $result = $server->process($request);
    return { result => $result->code, explanation => $result->can('authority_explanation') ? '' . $result->authority_explanation : '',
        reason => '' . $result->text };
}
"""

PERL_DKIM = r"""
use Mail::DKIM::Verifier; use Mail::DKIM::PublicKey; use Mail::DKIM::Signer; use Mail::DKIM::PrivateKey;
our $records;
*Mail::DKIM::PublicKey::fetch_async = sub {
    my ($class, %p) = @_;
    my $cb = $p{Callbacks} || {};
    return sub {
        my $txt = $records->{lc "$p{Selector}._domainkey.$p{Domain}"};
        my $key = defined $txt ? $class->parse($txt) : undef;
        return $cb->{Success} ? $cb->{Success}->($key) : $key;
    };
};
sub answer {
    my $in = shift;
    if ($in->{op} eq 'sign') {
        my $key = Mail::DKIM::PrivateKey->load(Data => $in->{key} =~ s/-----[^-]+-----|\s//gr);
        my $signer = Mail::DKIM::Signer->new(Algorithm => 'rsa-sha256', Method => $in->{canon}, Domain => $in->{domain},
            Selector => $in->{selector}, Key => $key);
        $signer->PRINT($in->{message}); $signer->CLOSE;
        return { field => $signer->signature->as_string . "\r\n" };
    }
    $records = $in->{txt};
    my $v = Mail::DKIM::Verifier->new; $v->PRINT($in->{message}); $v->CLOSE;
    return { dkim => [map { [$_->result, '' . ($_->result_detail // '')] } $v->signatures] };
}
"""


class Asked:
    """A process that answers a line of JSON with a line of JSON."""

    def __init__(self, *argv):
        self.process = subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def __call__(self, **question):
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(self.process.stderr.read().decode(errors="replace")[-2000:])
        return json.loads(line)

    def close(self):
        self.process.stdin.close()
        self.process.wait(30)
        self.process.stdout.close()
        self.process.stderr.close()


def ours():
    return Asked(BATCH)


def perl(program, module):
    """None where the module is not installed."""
    if subprocess.run(["perl", f"-M{module}", "-e", "1"], capture_output=True).returncode:
        return None
    return Asked("perl", "-e", program + PERL_LOOP)


def opendkim_program():
    return shutil.which("opendkim", path=os.environ.get("PATH", "") + ":/usr/sbin")


def opendkim(folder, messages, records):
    """Whether opendkim, in its test mode (no daemon, no network), believes each message's signature."""
    table, settings = os.path.join(folder, "records"), os.path.join(folder, "opendkim.conf")
    with open(table, "w", encoding="ascii") as f:
        f.writelines(f"{name} {text}\n" for name, text in records.items())
    with open(settings, "w", encoding="ascii") as f:
        f.write(f"Mode v\nSyslog no\nMinimumKeyBits 1024\nTestDNSData {table}\n")
    out = []
    for n, message in enumerate(messages):      # one run each: a message it refuses ends the run
        file = os.path.join(folder, f"opendkim-{n}.eml")
        with open(file, "wb") as f:
            f.write(message)
        done = subprocess.run([opendkim_program(), "-x", settings, "-t", file, "-v"], capture_output=True,
                              text=True, errors="replace", timeout=20)
        lines = [line for line in (done.stdout + done.stderr).splitlines() if "verification (" in line]
        out.append("pass" if lines and lines[0].endswith("succeeded") else "fail: " + done.stdout[-200:] + done.stderr[-200:])
    return out
