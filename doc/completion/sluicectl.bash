# Bash completion for sluicectl. Install as /usr/share/bash-completion/completions/sluicectl.

_sluicectl()
{
    local word=${COMP_WORDS[COMP_CWORD]} before=${COMP_WORDS[COMP_CWORD - 1]} words=

    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        mapfile -t COMPREPLY < <(compgen -W "auth check dkim-key dkim-sign dmarc evaluate explain inspect learn quarantine replay rules score settings status train --help --version" -- "$word")
        return
    fi
    case $before in
    --control | --dns | --suffixes | --key | --labels | --out | --model | --own | --html | --threshold-from | --combiner | --settings | --rules | --public)
        mapfile -t COMPREPLY < <(compgen -f -- "$word")
        return
        ;;
    --root)
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
    learn) words="--labels --root --out --dims --hold-back --passes --own --tenant --ham --spam --phish --unlearn --model --size --all-fields --json --help" ;;
    quarantine) words="list show raw delete --tenant --recipient --sender --limit --control --json --help" ;;
    replay) words="--json --combiner --settings --threshold --help" ;;
    rules) words="compile key list test --out --key --rules --public --json --unsupported --help" ;;
    score) words="--model --rules --own --tenant --json --help" ;;
    settings) words="--example --markdown --man --help" ;;
    train) words="--labels --root --out --lists --rules --passes --json --help" ;;
    status) words="--control --json --help" ;;
    esac
    case ${COMP_WORDS[1]}:$word in
    *:-* | settings:* | status:* | rules:) mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word") ;;
    *) mapfile -t COMPREPLY < <(compgen -f -- "$word") ;;
    esac
}
complete -o filenames -F _sluicectl sluicectl
