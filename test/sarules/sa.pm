# An installed SpamAssassin, local tests only, without Bayes, its state in a directory of ours.
package sa;
use strict;
use warnings;
use Mail::SpamAssassin;

sub new {
    my ($state, %more) = @_;
    delete @ENV{qw(LANGUAGE LC_ALL LC_MESSAGES LANG)};
    return Mail::SpamAssassin->new({
        rules_filename => '/usr/share/spamassassin', site_rules_filename => '/etc/spamassassin',
        userprefs_filename => '/dev/null', dont_copy_prefs => 1, local_tests_only => 1,
        home_dir_for_helpers => $state, userstate_dir => $state,
        post_config_text => "use_bayes 0\nbayes_auto_learn 0\ntime_limit 0\ndns_available no\n", %more,
    });
}

1;
