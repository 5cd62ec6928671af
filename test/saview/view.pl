#!/usr/bin/perl
# What SpamAssassin makes of messages, as JSON lines: view.pl HEADERS < names of files
# With stock local rules, no network, no Bayes. Bytes as Latin-1.
use strict;
use warnings;
use Mail::SpamAssassin;
use JSON::PP;

open my $names, '<', shift or die;
chomp(my @headers = <$names>);
my $sa = Mail::SpamAssassin->new({ dont_copy_prefs => 1, local_tests_only => 1, userprefs_filename => '/dev/null',
    userstate_dir => '/nonexistent', use_bayes => 0,
    post_config_text => "use_bayes 0\nuse_auto_welcomelist 0\nskip_rbl_checks 1\nuse_txrep 0\n" });
$sa->init(1);
my $json = JSON::PP->new->canonical->ascii;

sub bytes { my ($s) = @_; utf8::encode($s) if utf8::is_utf8($s); return $s }

$| = 1;
while (my $path = <STDIN>) {
    chomp $path;
    open my $f, '<:raw', $path or die "$path: $!";
    my $text = do { local $/; <$f> };
    my $msg = $sa->parse($text, 1);
    my $pms = $sa->check($msg);
    my %row = (path => $path, full => bytes(join('', $msg->get_pristine())));
    $row{body} = [map { bytes($_) } @{$msg->get_rendered_body_text_array()}];
    $row{rawbody} = [map { bytes($_) } @{$msg->get_decoded_body_text_array()}];
    $row{uri} = [sort map { bytes($_) } $pms->get_uri_list()];
    for my $name (@headers) {
        my @values = map { bytes($_) } $pms->get($name);
        $row{header}{$name} = !@values ? undef : join($values[0] =~ /\n\z/ ? '' : "\n", @values);
    }
    $row{parts} = [map { bytes(scalar $_->get_all_headers(0, 0)) } $msg->find_parts(qr/./)];
    $row{hits} = [sort split(/,/, join(',', $pms->get_names_of_tests_hit(), $pms->get_names_of_subtests_hit()))];
    print $json->encode(\%row), "\n";
    $pms->finish();
    $msg->finish();
}
