#!/usr/bin/perl
# Rules that SpamAssassin says hit, __ ones too: "path<TAB>NAME NAME ..." for each path on standard input.
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use sa;

$| = 1;
my $sa = sa::new($ARGV[0]);
$sa->compile_now(0, 1);
while (my $path = <STDIN>) {
    chomp $path;
    open(my $in, '<:raw', $path) or die "$path: $!";
    my $text = do { local $/; <$in> };
    close $in;
    my $message = $sa->parse($text, 1);
    my $status = $sa->check($message);
    my @names = grep { length } split(/,/, $status->get_names_of_tests_hit()),
        split(/,/, $status->get_names_of_subtests_hit());
    print "$path\t@{[sort @names]}\n";
    $status->finish();
    $message->finish();
}
