#!/usr/bin/perl
# What SpamAssassin makes of its rule files: a JSON line for each rule, bytes as Latin-1.
# usage: names.pl STATE [FILE]    with FILE, the stock's .pre files and it alone
use strict;
use warnings;
use FindBin;
use lib $FindBin::Bin;
use JSON::PP;
use sa;

my ($state, $file) = @ARGV;
my %tests;
{
    no warnings 'redefine';
    my $finish = \&Mail::SpamAssassin::Conf::Parser::finish_parsing;
    *Mail::SpamAssassin::Conf::Parser::finish_parsing = sub {    # it forgets the tests at its end
        %tests = %{ $_[0]->{conf}->{tests} };
        return $finish->(@_);
    };
}
my $sa = sa::new($state, $file ? (rules_filename => $file) : ());
$sa->init(0);
my $conf = $sa->{conf};
my $json = JSON::PP->new->canonical->latin1;
for my $name (sort keys %tests) {
    my $mime = $conf->{mimeheader_tests}{$name};
    my $pattern = $mime ? $mime->{pattern} : $conf->{test_qrs}{$name};
    print $json->encode({
        name => $name, type => $conf->{test_types}{$name}, text => $tests{$name},
        score => $conf->{scores}{$name}, flags => $conf->{tflags}{$name} // '',
        sentence => $conf->{descriptions}{$name} // '',
        pattern => defined $pattern ? "$pattern" : undef,
        field => $mime ? $mime->{hdr} : $conf->{test_opt_header}{$name},
        negated => $mime ? $mime->{negated} : $conf->{test_opt_neg}{$name},
        absent => $mime ? $mime->{if_unset} : $conf->{test_opt_unset}{$name},
        exists => $conf->{test_opt_exists}{$name},
    }), "\n";
}
