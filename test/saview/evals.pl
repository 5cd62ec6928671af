#!/usr/bin/perl
# The eval rules of the stock local rules that are run: NAME TAB function TAB argument ...
use strict;
use warnings;
use Mail::SpamAssassin;

my $sa = Mail::SpamAssassin->new({ dont_copy_prefs => 1, local_tests_only => 1, userprefs_filename => '/dev/null',
    userstate_dir => '/nonexistent', post_config_text => "use_bayes 0\nskip_rbl_checks 1\n" });
$sa->init(1);
my $conf = $sa->{conf};
for my $type (qw(head_evals body_evals rawbody_evals full_evals)) {
    for my $priority (values %{$conf->{$type} || {}}) {
        for my $name (sort keys %$priority) {
            my ($function, $arguments) = @{$priority->{$name}};
            next if $function =~ /^_mimeheader_eval/ || !$conf->{scores}{$name} || ($conf->{tflags}{$name} || '') =~ /\bnet\b/;
            print join("\t", $name, $function, map { defined $_ ? $_ : 'undef' } @$arguments), "\n";
        }
    }
}
