# Bash completion for sluicectl. Install as /usr/share/bash-completion/completions/sluicectl.

_sluicectl()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "approval approvals approve audit auth backup check correct digest dkim-key dkim-sign dmarc domain evaluate explain grant group inspect key learn list partner policy quarantine queue replay report rules score settings status template tenant trace traffic train user --help --version" -- "$word")
        return
    fi
    case $before in
    --socket | --control | --dns | --suffixes | --key | --labels | --out | --model | --own | --html | --threshold-from | --combiner | --settings | --rules | --public | --passphrase-file | --file | --snapshot | --changed)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --root | --records | --traffic)
        mapfile -t COMPREPLY < <(compgen -d -- "$word")
        return
        ;;
    esac
    case ${COMP_WORDS[1]} in
    auth) words="--json --dns --resolver --ip --helo --mail-from --receiver --now --help" ;;
    dkim-key) words="--json --domain --selector --out --key --type --bits --help" ;;
    dkim-sign) words="--key --domain --selector --canon --names --now --arc --dns --help" ;;
    dmarc) words="--json --dns --resolver --from --dkim --spf --help" ;;
    evaluate) words="--labels --root --model --rules --own --tenant --online --all-fields --html --json --calibrate-fp --threshold-from --threshold-without --threshold --worst --jobs --help" ;;
    explain) words="--model --rules --own --tenant --json --help" ;;
    inspect) words="--json --chunk --suffixes --no-helper --help" ;;
    check) words="--json --resolve --help" ;;
    key) words="show hold unlock lock serve rotate-master new-vault --passphrase-file --by --control --json --help" ;;
    learn) words="--labels --root --out --dims --hold-back --passes --own --tenant --ham --spam --phish --unlearn --model --size --all-fields --json --help" ;;
    quarantine) words="list show raw release delete report releases --tenant --recipient --sender --category --since --until --all --yes --learn --allow --wait --by --note --days --wanted --unwanted --phish --malware --limit --control --socket --csv --json --help" ;;
    queue) words="list show hurry cancel --all --limit --control --json --help" ;;
    replay) words="--json --combiner --settings --threshold --help" ;;
    rules) words="compile key list test --out --key --rules --public --json --unsupported --help" ;;
    score) words="--model --rules --own --tenant --json --help" ;;
    settings) words="--example --markdown --man --help" ;;
    train) words="--labels --root --out --lists --rules --passes --json --help" ;;
    correct) words="--tenant --wanted --unwanted --phish --malware --record --id --reporter --control --json --help" ;;
    trace) words="--from --to --client --message-id --since --until --at --tenant --domain --group --user --limit --table --json --records --socket --help" ;;
    traffic) words="record report expire --records --follow --from --to --tenant --by --keep --csv --json --help" ;;
    approval) words="list approve refuse --all --socket --note --json --help" ;;
    approvals) words="--all --socket --json --help" ;;
    approve) words="--socket --note --json --help" ;;
    audit) words="show verify --from --socket --note --json --help" ;;
    backup) words="create --socket --note --json --help" ;;
    domain) words="add list remove --alias-of --socket --note --json --help" ;;
    digest) words="preview send schedule --socket --note --json --help" ;;
    report) words="show send schedule operator partner: tenant: domain: group: user: --domain --group --user --days --html --csv --socket --note --json --help" ;;
    grant) words="add show remove operator partner-administrator tenant-administrator quarantine-manager report-reader user operator partner: tenant: domain: group: user: --socket --note --json --help" ;;
    group) words="add list remove --socket --note --json --help" ;;
    list) words="add show remove allow deny operator partner: tenant: user: --note --days --unauthenticated --either --subdomains --after --socket --json --help" ;;
    partner) words="add list show remove --socket --note --json --help" ;;
    policy)
        words="show simulate set unset lock unlock history diff take-back operator partner: tenant: domain: group: user: --own --diff --file --from --to --days --traffic --records --limit --doubted --allow --deny --unlist --csv --snapshot --changed --socket --note --json --help"
        words="$words level= mode= template= malware. phish. spam. bulk. malformed. copy_to= subject_tag= refusal_text= lists. authentication. attachments. content.groups= recipients.shield= quarantine. digest."
        ;;
    template) words="show set unset lock unlock remove --at --file --socket --note --json --help" ;;
    tenant) words="add list show set route routes remove export import --level --quarantine --partner --name --tls --state --recipients --discover-days --socket --note --json --help" ;;
    user) words="add set list show import remove --group --replace --socket --note --json --help" ;;
    status) words="--control --json --help" ;;
    esac
    case ${COMP_WORDS[1]}:$word in
    *:-* | settings:* | key:* | queue:* | quarantine:* | status:* | rules: | trace:* | traffic: | audit:* | digest:* | domain:* | grant:* | group:* | list:* | partner:* | policy:* | report:* | template:*) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _sluicectl sluicectl
