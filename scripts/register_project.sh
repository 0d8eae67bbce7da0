#!/usr/bin/env bash
# What `custodian register-project` does, over the API, for a machine where State Hub is not installed: the same rows, the
# same files byte for byte. Needs bash (3.2 or newer), curl and the standard tools; with --mcp and --hooks also Python 3.11
# and this checkout, since JSON that others wrote cannot be edited safely without a parser. --help says the rest.
# shellcheck disable=SC1112  # quotes in sentences
set -euo pipefail
export LC_ALL=C
shopt -u patsub_replacement 2>/dev/null || true # else & in a replacement would mean what was found

HERE=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
TEMPLATE=$HERE/project_claude_md.template
BEGIN='<!-- state-hub:begin (custodian register-project writes this block; the text around it is yours) -->'
END='<!-- state-hub:end -->'
BOM=$'\xef\xbb\xbf' CR=$'\r' TAB=$'\t'
STRING='"([^"\\]|\\.)*"' # a JSON string, as grep -E sees it
SLUG='[a-z0-9][a-z0-9._-]{0,62}'
CLASSIFICATION=.repo-classification.yaml
HOME_FILE=${CLAUDE_CONFIG_DIR:-${HOME:-/nowhere}}/.claude.json

die() { # exit code, message
  printf 'register_project: %s\n' "$2" >&2
  exit "$1"
}

usage() {
  cat <<'HELP'
Usage: scripts/register_project.sh [--domain D] [--path P] [--topic T] [--mcp] [--hooks] [--agents-md] [--dry-run]

Registers a project as `custodian register-project` does (docs/cli.md): reads its project_charter_v*.md and
.repo-classification.yaml; writes a block between markers in CLAUDE.md (--agents-md: in AGENTS.md too), and in the hub a
topic where the domain has none, the repository, and one milestone event. The same again changes nothing.

  --domain D    its market domain; else its charter or classification says it
  --path P      the project's directory; else the top of the checkout one is in
  --topic T     its topic; else the domain's oldest active one
  --mcp         register the MCP server in ~/.claude.json too (a copy is kept; needs Python 3.11)
  --hooks       show each new session the briefing, by .claude/settings.json (needs Python 3.11)
  --agents-md   write AGENTS.md too
  --dry-run     show files and requests; change nothing

Reads STATEHUB_API_URL, STATEHUB_API_TOKEN, STATEHUB_API_PORT, STATEHUB_MCP_PORT, STATEHUB_DATA_DIR, STATEHUB_AGENT from the
environment, else from ~/.config/statehub/env. Exit 0 done, 1 failed, 2 usage, 3 hub unreachable, 4 conflict, 5 nothing there.

Example: scripts/register_project.sh --domain infotech --path ~/my-project
HELP
}

domain='' topic='' path='' domain_given='' topic_given='' path_given='' mcp='' hooks='' agents_md='' dry_run=''
while [ $# -gt 0 ]; do
  case $1 in
    --domain | --path | --topic)
      [ $# -gt 1 ] || die 2 "$1 takes a value; see --help"
      case $1 in
        --domain) domain=$2 domain_given=1 ;;
        --path) path=$2 path_given=1 ;;
        --topic) topic=$2 topic_given=1 ;;
      esac
      shift
      ;;
    --domain=*) domain=${1#*=} domain_given=1 ;;
    --path=*) path=${1#*=} path_given=1 ;;
    --topic=*) topic=${1#*=} topic_given=1 ;;
    --mcp) mcp=1 ;;
    --hooks) hooks=1 ;;
    --agents-md) agents_md=1 ;;
    --dry-run) dry_run=1 ;;
    -h | --help)
      usage
      exit 0
      ;;
    *) die 2 "there is no option $1; see --help" ;;
  esac
  shift
done

WORK=$(mktemp -d "${TMPDIR:-/tmp}/register-project.XXXXXX")
aside=() # files that were written beside the one they are to replace
cleanup() { rm -rf "$WORK" ${aside[@]+"${aside[@]}"}; }
trap cleanup EXIT

# --- the hub ----------------------------------------------------------------------------------------------------------

setting() { # name, default: the environment, else the file of settings
  local name=STATEHUB_$1 found
  found=${!name-}
  local file=${XDG_CONFIG_HOME:-${HOME:-/nowhere}/.config}/statehub/env
  if [ -z "$found" ] && [ -r "$file" ]; then
    found=$(sed -nE "s/^[[:space:]]*(export )?[[:space:]]*$name[[:space:]]*=[[:space:]]*//p" "$file" | tail -n 1 |
      sed -E "s/[[:space:]]+$//; s/^['\"]+//; s/['\"]+$//")
  fi
  printf '%s' "${found:-$2}"
}

DATA_DIR=$(setting DATA_DIR "${XDG_DATA_HOME:-${HOME:-/nowhere}/.local/share}/statehub")
named_url=$(setting API_URL '')
ours=''
if [ -n "$named_url" ]; then
  API=$named_url
elif [ -r "$DATA_DIR/hub.json" ]; then
  API=$(sed -nE 's/.*"api": *"([^"\\]*)".*/\1/p' "$DATA_DIR/hub.json")
  ours=1
else
  host=$(setting HOST 127.0.0.1)
  case $host in 0.0.0.0) host=127.0.0.1 ;; *:*) host="[${host#[}" host="${host%]}]" ;; esac
  API=http://$host:$(setting API_PORT 8000)
fi
API=${API%/}
api_host=$(printf '%s' "$API" | sed -E 's#^[a-z]+://##; s#/.*$##; s#:[0-9]+$##')
case $api_host in 127.* | localhost | '[::1]') here=1 ;; *) here=$ours ;; esac

token=$(setting API_TOKEN '')
token=${token%%,*}
if [ -n "$token" ]; then
  [ -n "$here$named_url" ] || token=''
elif [ -n "$here" ] && [ -f "$DATA_DIR/token" ] && [ -O "$DATA_DIR/token" ]; then
  case $(ls -l "$DATA_DIR/token") in
    -r??------*) token=$(head -n 1 "$DATA_DIR/token") ;;
    *) die 2 "$DATA_DIR/token is open to other users: chmod 600 $DATA_DIR/token" ;;
  esac
fi

quoted() { # percent-encoded, for a header or a query
  local text=$1 n char
  for ((n = 0; n < ${#text}; n++)); do
    char=${text:n:1}
    case $char in
      [A-Za-z0-9_.~-]) printf '%s' "$char" ;;
      *) printf '%%%02X' "$(($(printf '%d' "'$char") & 255))" ;;
    esac
  done
}

agent=$(setting AGENT '')
who=${agent:-${LOGNAME:-${USER:-$(id -un 2>/dev/null || echo somebody)}}}
( # a file, since what stands on a command line can be seen by others
  umask 077
  {
    printf 'header = "Accept: application/json"\n'
    printf 'header = "X-StateHub-Author: %s"\n' "$(quoted "$who")"
    printf 'header = "X-StateHub-Author-Kind: %s"\n' "$([ -n "$agent" ] && echo agent || echo human)"
    [ -z "$token" ] || printf 'header = "Authorization: Bearer %s"\n' "$token"
  } >"$WORK/curl"
)

ANSWER=''
ask() { # method, path, body or nothing, version or nothing, a status that is no error: the answer's text is in ANSWER
  local status code detail args=(-sS -K "$WORK/curl" -X "$1" --connect-timeout 15 --max-time 60 -o "$WORK/answer" -w '%{http_code}')
  if [ -n "${3-}" ]; then
    args+=(-H 'Content-Type: application/json' --data-binary @- -H "Idempotency-Key: $(od -An -tx1 -N16 /dev/urandom | tr -d ' \n')")
  fi
  [ -z "${4-}" ] || args+=(-H "If-Match: \"v$4\"")
  if ! status=$(printf '%s' "${3-}" | curl "${args[@]}" "$API$2" 2>/dev/null); then
    die 3 "no State Hub answers at $API; start one with: custodian up"
  fi
  ANSWER=$(cat "$WORK/answer")
  case $status in
    200 | 201) return ;;
    400 | 422) code=2 ;;
    404) code=5 ;;
    409 | 410 | 412) code=4 ;;
    429 | 503) code=3 ;;
    *) code=1 ;;
  esac
  detail=$(printf '%s' "$ANSWER" | grep -oE "\"detail\":$STRING" | head -n 1 | sed -E 's/^"detail":"//; s/"$//' || true)
  die "$code" "${detail:-$API answered $status: is it State Hub?}"
}

rows() { # path with its query, pattern of a row: all of them, one a line
  local cursor=''
  while :; do
    ask GET "$1${cursor:+&cursor=$cursor}"
    case $ANSWER in '{"items" :'*) ;; *) die 3 "$API answered no list: is it State Hub?" ;; esac
    printf '%s' "$ANSWER" | grep -oE "$2" || true
    cursor=$(printf '%s' "$ANSWER" | sed -nE 's/.*,"next_cursor":"([^"]*)"\}[[:space:]]*$/\1/p')
    [ -n "$cursor" ] || return 0
  done
}

json() { # a JSON string
  local text=$1
  text=${text//\\/\\\\}
  text=${text//\"/\\\"}
  text=${text//$'\n'/\\n}
  text=${text//$'\t'/\\t}
  text=${text//$'\r'/\\r}
  case $text in *[$'\001'-$'\037']*) die 2 'the path has control characters; use custodian register-project' ;; esac
  printf '"%s"' "$text"
}

field() { # a row of words, a key: its word
  printf '%s' "$1" | sed -nE "s/.*\"$2\":\"?([^\",}]*).*/\1/p"
}

WORD='"[^"\\]*"'
topics=$(rows '/topics/?fields=slug,id,domain,status,created_at&limit=500' \
  "\{\"slug\":$WORD,\"id\":$WORD,\"domain\":$WORD,\"status\":$WORD,\"created_at\":$WORD\}")

# --- the project's directory ------------------------------------------------------------------------------------------

if [ -z "$path_given" ]; then
  path=$(pwd -P) up=$(pwd -P)
  while [ -n "$up" ]; do
    if [ -e "$up/.git" ]; then
      path=$up
      break
    fi
    up=${up%/*}
  done
fi
case $path in '~') path=$HOME ;; '~/'*) path=$HOME/${path#'~/'} ;; esac
[ -d "${path:-.}" ] || die 5 "$path is no directory"
ROOT=$(cd -P -- "${path:-.}" 2>/dev/null && pwd -P && echo .) || die 5 "$path cannot be used"
ROOT=${ROOT%$'\n'.}
[ -O "$ROOT" ] || die 1 "$ROOT belongs to another user; register it as its owner"
root_json=$(json "$ROOT")

resolved() { # where a path leads, every link of it followed; fails where that is nowhere
  local place=$1 folder rest=40
  while :; do
    folder=${place%/*}
    folder=$(cd -P -- "${folder:-/}" 2>/dev/null && pwd -P && echo .) || return 1
    place=${folder%$'\n'.}/${place##*/}
    [ -L "$place" ] || break
    ((rest--)) || return 1
    case $(readlink -- "$place") in
      /*) place=$(readlink -- "$place") ;;
      *) place=${place%/*}/$(readlink -- "$place") ;;
    esac
  done
  printf '%s' "$place"
}

target() { # a file of the project: where it is, or would be
  local folder=$ROOT place
  case $1 in
    */*)
      folder=$ROOT/${1%/*}
      if [ ! -e "$folder" ] && [ ! -L "$folder" ]; then
        printf '%s/%s' "$ROOT" "$1"
        return
      fi
      ;;
  esac
  if ! place=$(resolved "$folder/${1##*/}"); then
    die 1 "$ROOT/$1 is a link that leads out of the project, or nowhere; nothing was written"
  fi
  case $place in
    "$ROOT"/*) printf '%s' "$place" ;;
    *) die 1 "$ROOT/$1 leads out of the project, to $place; nothing was written" ;;
  esac
}

check_file() { # a resolved path: a plain file of the user's own, or nothing
  if [ -e "$1" ]; then
    [ -f "$1" ] || die 1 "$1 is no plain file"
    [ -O "$1" ] || die 1 "$1 belongs to another user"
    [ -r "$1" ] || die 1 "$1 cannot be read"
  fi
}

# --- its domain -------------------------------------------------------------------------------------------------------

known=$(rows '/domains?fields=slug,name&limit=500' "\{\"slug\":$WORD,\"name\":$STRING\}")
known_slugs=$(printf '%s\n' "$known" | sed -nE 's/^\{"slug":"([^"]*)".*/\1/p')
known_list=$(printf '%s' "$known_slugs" | tr '\n' ',' | sed 's/,/, /g')

newest_charter() { # its name: v10 is newer than v9, v1.10 than v1.9, v2.0 is v2
  (cd -- "$ROOT" && ls -1) 2>/dev/null | grep -E '^project_charter_v[0-9]+(\.[0-9]+)*.*\.md$' | awk '{
      version = substr($0, 18); match(version, /^[0-9]+(\.[0-9]+)*/); version = substr(version, 1, RLENGTH)
      while (version ~ /\.0+$/) sub(/\.0+$/, "", version)
      n = split(version, part, "."); key = ""
      for (i = 1; i <= n; i++) key = key sprintf("%20s.", part[i] + 0)
      print key "\t" $0
    }' | sort | tail -n 1 | cut -f 2- || true
}

domain_in() { # a charter: what its frontmatter says
  sed -e "1s/^$BOM//" -e "s/$CR\$//" "$1" | awk '
    NR == 1 { sub(/[ \t]+$/, ""); if ($0 != "---") exit; next }
    /^(---|\.\.\.)[ \t]*$/ { exit }
    /^domain:/ { print; exit }' |
    sed -nE "s/^domain:[ $TAB]*(\"([^\"]*)\"|'([^']*)'|([^][:space:]\"'#][^#]*)?)[ $TAB]*(#.*)?\$/\2\3\4/p" |
    sed -E "s/^[ $TAB]+//; s/[ $TAB]+\$//"
}

# the classification: its keys as JSON, where its values are words, quoted words, and lists of these
document='' more='' class_slug='' class_domain='' missing=''
yaml_value() { # a value: JSON, or nothing where it is more than a word, a quoted word or a list of these
  local value=$1
  case $value in
    '['*']')
      local inner=${value#'['} list='' item found
      inner=${inner%']'}
      while [ -n "${inner// /}" ]; do
        inner=${inner#"${inner%%[! ]*}"}
        case $inner in
          '"'*) item=$(printf '%s' "$inner" | grep -oE "^$STRING" || true) ;;
          *) item=${inner%%,*} ;;
        esac
        [ -n "$item" ] || return 1
        inner=${inner#"$item"}
        inner=${inner#"${inner%%[! ]*}"}
        found=$(yaml_value "$(printf '%s' "$item" | sed -E 's/ +$//')") || return 1
        case $found in '['*) return 1 ;; esac
        list=$list${list:+,}$found
        case $inner in ,*) inner=${inner#,} ;; '') ;; *) return 1 ;; esac
      done
      printf '[%s]' "$list"
      ;;
    '"'*) printf '%s' "$value" | grep -qE "^$STRING\$" && printf '%s' "$value" ;;
    [A-Za-z]*)
      printf '%s' "$value" | grep -qE '^[A-Za-z][A-Za-z0-9 _./-]*$' || return 1
      case $(printf '%s' "$value" | tr 'A-Z' 'a-z') in y | n | yes | no | on | off | true | false | null) return 1 ;; esac
      printf '"%s"' "$value"
      ;;
    *) return 1 ;;
  esac
}

too_much() { # a line: it is more than this script reads
  die 2 "$CLASSIFICATION:$1 is more YAML than this script reads; write it as custodian classify does, or use custodian register-project"
}

keep() { # key, its value as JSON
  case $1 in
    slug) class_slug=${2//\"/} ;;
    domain) class_domain=${2//\"/} ;;
    path | remote_url | author | author_kind) return ;;
  esac
  [ "$1" = domain ] || more="$more\"$1\":$2,"
}

read_classification() { # the file
  local line number=0 key='' value found keys=' ' open='' items=''
  while IFS= read -r line || [ -n "$line" ]; do
    number=$((number + 1))
    line=${line%"$CR"}
    [ "$number" != 1 ] || line=${line#"$BOM"}
    value=$(printf '%s' "$line" | sed -E "s/^([ ]*-|[^:]*:)?[ $TAB]*//; s/[ $TAB]+\$//")
    case $value in '"'*) ;; *) value=$(printf '%s' "$value" | sed -E "s/(^|[ $TAB]+)#.*\$//") ;; esac
    case $line in
      '' | '#'* | '---') continue ;;
      '- '* | ' '*)
        # an item of the list that the key before began
        printf '%s' "$line" | grep -qE '^ *- ' && [ -n "$open" ] && found=$(yaml_value "$value") || too_much "$number"
        case $found in '['*) too_much "$number" ;; esac
        items=$items${items:+,}$found
        continue
        ;;
    esac
    if [ -n "$open" ]; then
      [ -n "$items" ] || too_much "$((number - 1))"
      keep "$open" "[$items]"
    fi
    open='' items='' key=${line%%:*}
    printf '%s' "$line" | grep -qE '^[A-Za-z_][A-Za-z0-9_-]*:([[:space:]]|$)' || too_much "$number"
    case $keys in *" $key "*) die 2 "$CLASSIFICATION:$number: $key stands twice" ;; esac
    keys="$keys$key "
    if [ -z "$value" ]; then
      open=$key
    else
      found=$(yaml_value "$value") || too_much "$number"
      keep "$key" "$found"
    fi
  done <"$1"
  if [ -n "$open" ]; then
    [ -n "$items" ] || too_much "$number"
    keep "$open" "[$items]"
  fi
  for key in schema slug name category domain capability_tags business_stake; do
    case $keys in *" $key "*) ;; *) missing="$missing $key" ;; esac
  done
}

place=$(target "$CLASSIFICATION")
check_file "$place"
if [ -e "$place" ]; then
  read_classification "$place"
  if [ -n "$missing" ]; then
    printf 'register_project: %s lacks%s\n' "$CLASSIFICATION" "$missing" >&2
  fi
  case $class_slug in '' | *[!a-z0-9._-]* | [!a-z0-9]*) class_slug='' ;; esac
fi

by='--domain'
if [ -z "$domain_given" ]; then
  by='' charter=$(newest_charter)
  if [ -n "$charter" ]; then
    place=$(target "$charter")
    check_file "$place"
    domain=$(domain_in "$place")
    by=$charter
  fi
  if [ -z "$domain" ]; then
    domain=$class_domain by=$CLASSIFICATION
  fi
  [ -n "$domain" ] || die 2 "nothing says the domain of $ROOT: no --domain, no \`domain:\` in the frontmatter of a project_charter_v*.md, no $CLASSIFICATION; the hub knows $known_list"
fi
domain=$(printf '%s' "$domain" | sed -E 's/^[[:space:]]+//; s/[[:space:]]+$//')
if [ -z "$domain" ] || ! printf '%s\n' "$known_slugs" | grep -qxF -- "$domain" || [ "$(printf '%s' "$domain" | wc -l)" -gt 0 ]; then
  die 2 "$by says '$domain', which is no domain; the hub knows $known_list"
fi

# --- its topic --------------------------------------------------------------------------------------------------------

active=$(rows "/topics/?status=active&domain=$(quoted "$domain")&sort=created_at&fields=slug,id,domain,status,created_at&limit=500" \
  "\{\"slug\":$WORD,\"id\":$WORD,\"domain\":$WORD,\"status\":$WORD,\"created_at\":$WORD\}")
make_topic=''
if [ -n "$topic_given" ]; then
  asked=$(printf '%s' "$topic" | tr 'A-Z' 'a-z')
  found=$(printf '%s\n' "$topics" | grep -F -e "{\"slug\":\"$asked\"," -e ",\"id\":\"$asked\"," | head -n 1 || true)
  names=$(printf '%s\n' "$active" | sed -nE 's/^\{"slug":"([^"]*)".*/\1/p' | tr '\n' ' ')
  [ -n "$found" ] && [ -n "$asked" ] || die 5 "there is no topic $topic; $domain has ${names:-none that is active}"
  if [ "$(field "$found" domain)" != "$domain" ] || [ "$(field "$found" status)" != active ]; then
    die 4 "the topic $(field "$found" slug) is $(field "$found" status), of the domain $(field "$found" domain); $domain has ${names:-none that is active}"
  fi
elif [ -n "$active" ]; then
  found=$(printf '%s\n' "$active" | sed -E 's/^\{"slug":"([^"]*)".*"created_at":"([^"]*)".*/\2 \1 &/' | sort | head -n 1 | cut -d ' ' -f 3-)
else
  found=$(printf '%s\n' "$topics" | grep -F "{\"slug\":\"$domain\"," || true)
  [ -z "$found" ] || die 4 "$domain has no active topic, and the topic of that name is $(field "$found" status), of the domain $(field "$found" domain); choose one with --topic, or: custodian topic set $domain --status active"
  title=$(printf '%s\n' "$known" | grep -F "{\"slug\":\"$domain\"," | sed -E 's/^\{"slug":"[^"]*","name"://; s/\}$//')
  make_topic="{\"slug\":\"$domain\",\"title\":$title,\"domain\":\"$domain\"}"
fi
topic=$domain topic_id='(the id of the new topic)'
if [ -z "$make_topic" ]; then
  topic=$(field "$found" slug) topic_id=$(field "$found" id)
fi

# --- its repository ---------------------------------------------------------------------------------------------------

slug_of_name() {
  local lower
  lower=$(printf '%s' "$1" | tr 'A-Z' 'a-z' | tr '\n' ' ')
  if ! printf '%s' "$lower" | grep -qxE "$SLUG"; then
    lower=$(printf '%s' "$lower" | sed -E 's/[^a-z0-9._]+/-/g' | cut -c 1-63 | sed -E 's/^[._-]+//; s/-+$//')
  fi
  printf '%s' "$lower" | grep -qxE "$SLUG" || die 2 "$1 makes no short name; write one into $CLASSIFICATION (slug: my-project)"
  printf '%s' "$lower"
}

at_root() { # the path of a row, as JSON: whether it is the project's
  local there=${1#\"}
  there=${there%\"}
  [ "$1" = "$root_json" ] && return 0
  case $there in null | '' | *'\'*) return 1 ;; '~/'*) there=$HOME/${there#'~/'} ;; esac
  [ "$(cd -P -- "$there" 2>/dev/null && pwd -P)" = "$ROOT" ]
}

repos=$(rows '/repos?fields=slug,status,domain,version,path&limit=500' \
  "\{\"slug\":$WORD,\"status\":$WORD,\"domain\":$WORD,\"version\":[0-9]+,\"path\":($STRING|null)\}")
here_slug='' here_status=''
while IFS= read -r row; do
  [ -n "$row" ] || continue
  if at_root "$(printf '%s' "$row" | sed -E 's/^.*,"version":[0-9]+,"path":(.*)\}$/\1/')"; then
    status=$(field "${row%%,\"path\":*}" status)
    if [ -z "$here_slug" ] || { [ "$here_status" != active ] && [ "$status" = active ]; }; then
      here_slug=$(field "${row%%,\"path\":*}" slug) here_status=$status
    fi
  fi
done <<<"$repos"
slug=${class_slug:-$here_slug}
[ -n "$slug" ] || slug=$(slug_of_name "${ROOT##*/}") || exit
row=$(printf '%s\n' "$repos" | grep -F "{\"slug\":\"$slug\"," | head -n 1 || true)
put_repo='' put_method='' put_path='' version=''
if [ -n "$class_slug" ] && [ -z "$missing" ]; then
  document="{$more\"domain\":\"$domain\",\"path\":$root_json}"
  if [ -n "$class_domain" ] && [ "$class_domain" != "$domain" ]; then
    printf 'register_project: %s says %s, the classification %s; it goes in as %s: make them agree\n' \
      "$by" "$domain" "$class_domain" "$domain" >&2
  fi
  put_method=PUT put_path=/repos/$slug/classification put_repo=$document
elif [ -z "$row" ]; then
  name=$(printf '%s' "${ROOT##*/}" | tr '\001-\037\177' ' ' | sed -E 's/ +/ /g; s/^ //; s/ $//')
  put_method=POST put_path=/repos
  put_repo="{\"slug\":\"$slug\",\"name\":$(json "${name:-project}"),\"domain\":\"$domain\",\"path\":$root_json}"
else
  there=$(printf '%s' "$row" | sed -E 's/^.*,"version":[0-9]+,"path":(.*)\}$/\1/') head=${row%%,\"path\":*}
  if [ "$there" != null ] && [ "$there" != '""' ] && ! at_root "$there"; then
    die 4 "$slug is registered at $there; if it has moved here: custodian repo set $slug --path '$ROOT'; if this is another one, give it a slug of its own in $CLASSIFICATION"
  fi
  changes=''
  [ "$there" = "$root_json" ] || changes="\"path\":$root_json"
  [ "$(field "$head" domain)" = "$domain" ] || changes="$changes${changes:+,}\"domain\":\"$domain\""
  [ "$(field "$head" status)" = active ] || changes="$changes${changes:+,}\"status\":\"active\""
  if [ -n "$changes" ]; then
    put_method=PATCH put_path=/repos/$slug put_repo="{$changes}" version=$(field "$head" version)
  fi
fi

# --- its files --------------------------------------------------------------------------------------------------------

ends() { # a file, how many bytes: its last ones, as hex
  tail -c "$2" "$1" | od -An -tx1 | tr -d ' \n'
}

put_block() { # a file as it is, its name, where the new text goes; the block's lines are in $WORK/block
  local from=$1 found lines eol='' first last marker
  case $(head -c 2 "$from" | od -An -tx1 | tr -d ' \n') in fffe | feff) die 2 "$2 is UTF-16; save it as UTF-8, then run this again" ;; esac
  found=$(grep -anE "^($BOM)?<!-- state-hub:(begin|end)([^A-Za-z0-9_$CR][^$CR]*)?-->[ $TAB]*$CR?\$" "$from" |
    sed -E "s/^([0-9]+):($BOM)?<!-- state-hub:(begin|end).*/\3 \1/" || true)
  lines=$(printf '%s' "$found" | tr '\n' ' ' | sed -E 's/ $//')
  case $lines in
    '')
      [ "$(head -n 1 "$from" | tail -c 2 | od -An -tx1 | tr -d ' \n')" != 0d0a ] || eol=1
      {
        cat "$from"
        if [ -s "$from" ] && [ "$(head -c 4 "$from" | od -An -tx1 | tr -d ' \n')" != efbbbf ]; then
          case $(ends "$from" 3) in
            0a | 0d0a | ??0a0a | 0a0d0a | 0a0a) ;;
            *0a) newline "$eol" ;;
            *) newline "$eol" && newline "$eol" ;;
          esac
        fi
        whole "$eol"
        newline "$eol"
      } >"$3"
      ;;
    'begin '*' end '*)
      # shellcheck disable=SC2086  # the words of it
      set -- "$@" $lines
      [ $# = 7 ] || die 2 "the markers of State Hub's block in $2 are no pair (found $lines); mend them by hand, or take the block away with its markers, then run this again"
      first=$5 last=$7
      [ "$(tail -n "+$first" "$from" | head -n 1 | tail -c 2 | od -An -tx1 | tr -d ' \n')" != 0d0a ] || eol=1
      marker=$(tail -n "+$last" "$from" | head -n 1 | grep -aoE "^<!-- state-hub:end.*-->")
      {
        head -n "$((first - 1))" "$from"
        if [ "$first" = 1 ] && [ "$(head -c 3 "$from" | od -An -tx1 | tr -d ' \n')" = efbbbf ]; then printf '%s' "$BOM"; fi
        whole "$eol"
        tail -n "+$last" "$from" | tail -c "+$((${#marker} + 1))"
      } >"$3"
      ;;
    *) die 2 "the markers of State Hub's block in $2 are no pair (found $lines); mend them by hand, or take the block away with its markers, then run this again" ;;
  esac
}

whole() { # the block with its markers; its lines end in CRLF where that is asked for
  { printf '%s\n' "$BEGIN" && cat "$WORK/block"; } | sed "s/\$/${1:+$CR}/"
  printf '%s' "$END"
}
newline() { if [ -n "$1" ]; then printf '\r\n'; else printf '\n'; fi; }

python() { # the part that edits JSON: what to do, the file as it is, where the new text goes, an address
  local interpreter=$HERE/../.venv/bin/python
  [ -x "$interpreter" ] || interpreter=$(command -v python3) || die 1 '--mcp and --hooks need Python 3.11 or newer'
  ACCESS_TOKEN=$token ACCESS_TOKENS="$(setting API_TOKEN '') $(cat "$DATA_DIR/token" 2>/dev/null)" PYTHONPATH=$HERE/.. "$interpreter" - "$@" <<'PYTHON'
import os, sys
from pathlib import Path
if sys.version_info < (3, 11):
    sys.exit("register_project: --mcp and --hooks need Python 3.11 or newer")
from statehub.cli.claude_code import HOME_FILE, McpServer, register
from statehub.cli.session_hook import put_hook
from statehub.errors import StateHubError
what, before, after, url = sys.argv[1:]
content = Path(before).read_bytes() if Path(before).is_file() else None
word, words = os.environ["ACCESS_TOKEN"] or None, os.environ["ACCESS_TOKENS"].replace(",", " ").split()
try:
    server = McpServer(url, word, tuple(words))
    Path(after).write_bytes(put_hook(content) if what == "hook" else register(content, server, HOME_FILE))
except StateHubError as error:
    print(f"register_project: {error.detail}", file=sys.stderr)
    sys.exit(error.exit_code)
PYTHON
}

block() { # the template's text with its words
  local text
  text=$(cat "$TEMPLATE")
  text=${text//'{DOMAIN}'/$domain}
  text=${text//'{TOPIC_ID}'/$topic_id}
  text=${text//'{PROJECT_NAME}'/$slug}
  printf '%s\n' "$text" >"$WORK/block"
}

names=() targets=() # by number; the new text of file N is $WORK/N
add() { # name, target
  local n
  for ((n = 0; n < ${#targets[@]}; n++)); do [ "${targets[n]}" != "$2" ] || return 0; done
  names+=("$1") targets+=("$2")
}

work_out() { # the new text of every file
  local n from
  block
  for ((n = 0; n < ${#names[@]}; n++)); do
    from=${targets[n]}
    [ -e "$from" ] || from=/dev/null
    case ${names[n]} in
      .claude/settings.json) python hook "${targets[n]}" "$WORK/$n" '' ;;
      '~/.claude.json') python mcp "${targets[n]}" "$WORK/$n" "$mcp_url" ;;
      *)
        cp "$from" "$WORK/from"
        put_block "$WORK/from" "${names[n]}" "$WORK/$n"
        ;;
    esac
  done
}

is_changed() { # number of a file
  [ ! -e "${targets[$1]}" ] || ! cmp -s "${targets[$1]}" "$WORK/$1"
}

mcp_url=$(printf '%s' "$API" | sed -E 's#^[a-z]+://##; s#/.*$##; s#:[0-9]+$##')
mcp_url=http://$mcp_url:$(setting MCP_PORT 8001)/mcp
if [ -n "$ours" ] && found=$(sed -nE 's/.*"mcp": *"([^"\\]*)".*/\1/p' "$DATA_DIR/hub.json") && [ -n "$found" ]; then
  mcp_url=$found/mcp
fi
place=$(target CLAUDE.md) || exit
add CLAUDE.md "$place"
if [ -n "$agents_md" ]; then
  place=$(target AGENTS.md) || exit
  add AGENTS.md "$place"
fi
if [ -n "$hooks" ]; then
  place=$(target .claude/settings.json) || exit
  add .claude/settings.json "$place"
fi
if [ -n "$mcp" ]; then
  place=$(resolved "$HOME_FILE") || die 1 "$HOME_FILE is a link that leads nowhere"
  add '~/.claude.json' "$place"
fi
for place in "${targets[@]}"; do
  check_file "$place"
  folder=${place%/*}
  while [ ! -e "$folder" ]; do folder=${folder%/*}; done
  [ -d "$folder" ] && [ -w "$folder" ] || die 1 "$folder cannot be written to; $place would be"
done
work_out || exit

event() { # the body of the milestone; nothing where nothing was new
  local changed='' n
  [ -z "$make_topic" ] || changed='"topic"'
  [ -z "$put_changed" ] || changed="$changed${changed:+,}\"repo\""
  for ((n = 0; n < ${#names[@]}; n++)); do
    [ -e "$WORK/$n.changed" ] && changed="$changed${changed:+,}\"${names[n]}\""
  done
  [ -z "$changed" ] || printf '{"event_type":"milestone","summary":"%s is registered with State Hub","repo":"%s","topic":"%s","detail":{"path":%s,"changed":[%s]}}' \
    "$slug" "$slug" "$topic" "$root_json" "$changed"
}

note_changes() {
  local n
  for ((n = 0; n < ${#names[@]}; n++)); do is_changed "$n" && : >"$WORK/$n.changed"; done
  return 0
}

if [ -n "$dry_run" ]; then
  put_changed=$put_repo
  note_changes
  for ((n = 0; n < ${#names[@]}; n++)); do
    if [ -e "$WORK/$n.changed" ]; then
      if [ "${names[n]}" = '~/.claude.json' ]; then
        printf 'would add state-hub (%s) to the MCP servers of ~/.claude.json\n' "$mcp_url"
      else
        from=${targets[n]}
        [ -e "$from" ] || from=/dev/null
        diff -u "$from" "$WORK/$n" | sed -e "1s#.*#--- ${names[n]}#" -e "2s#.*#+++ ${names[n]}#" | tr -d '\000-\010\013-\037\177' || true
      fi
    fi
  done
  [ -z "$make_topic" ] || printf 'would send POST /topics %s\n' "$make_topic"
  unless=''
  [ "$put_method" != PUT ] || [ -z "$row" ] || unless=' (the hub writes nothing where it has the same)'
  [ -z "$put_repo" ] || printf 'would send %s %s %s%s\n' "$put_method" "$put_path" "$put_repo" "$unless"
  body=$(event)
  [ -z "$body" ] || printf 'would send POST /progress %s%s\n' "$body" "${unless:+ (if anything is new)}"
  printf 'dry run: nothing was written or sent\n'
  exit 0
fi

# --- all is known: the rows first, since the files name them; the event last ------------------------------------------

if [ -n "$make_topic" ]; then
  ask POST /topics "$make_topic"
  topic_id=$(printf '%s' "$ANSWER" | sed -nE 's/^\{"id":"([^"]*)".*/\1/p')
fi
put_changed=''
if [ -n "$put_repo" ]; then
  before=$(printf '%s' "${row%%,\"path\":*}" | sed -nE 's/.*"version":([0-9]+).*/\1/p')
  ask "$put_method" "$put_path" "$put_repo" "$version"
  after=$(printf '%s' "$ANSWER" | grep -oE '"version":[0-9]+,"created_at":"[^"\\]*","updated_at":"[^"\\]*"\}$' | sed -E 's/[^0-9]*([0-9]+).*/\1/')
  [ "$before" = "$after" ] || put_changed=1
fi
work_out || exit
note_changes
for ((n = 0; n < ${#names[@]}; n++)); do
  [ -e "$WORK/$n.changed" ] || continue
  place=${targets[n]}
  mkdir -p "${place%/*}"
  temporary=$(mktemp "${place%/*}/.${place##*/}.XXXXXX")
  aside+=("$temporary")
  if [ -e "$place" ]; then
    cp -p "$place" "$temporary"
    if [ "${names[n]}" = '~/.claude.json' ] && [ -s "$place" ]; then
      copy=$place.before-state-hub-$(date -u +%Y%m%dT%H%M%SZ)
      [ ! -e "$copy" ] || die 1 "$copy is there already; nothing was changed"
      cp -p "$place" "$copy"
      printf 'kept %s\n' "$copy"
    fi
  elif [ "${names[n]}" != '~/.claude.json' ]; then
    chmod "$(printf '%o' "$((0666 & ~0$(umask)))")" "$temporary"
  fi
  cat "$WORK/$n" >"$temporary"
  printf '%s\n' "$temporary" >"$WORK/$n.changed"
done
for ((n = 0; n < ${#names[@]}; n++)); do
  if [ -s "$WORK/$n.changed" ]; then mv -f "$(cat "$WORK/$n.changed")" "${targets[n]}"; fi
done
body=$(event)
[ -z "$body" ] || ask POST /progress "$body"
printf '%s is registered: domain %s (by %s), topic %s%s\n' "$slug" "$domain" "$by" "$topic" "${make_topic:+, new}"
for ((n = 0; n < ${#names[@]}; n++)); do
  if [ -e "$WORK/$n.changed" ]; then printf 'wrote %s\n' "${names[n]}"; fi
done
[ -n "$body" ] || printf 'nothing has changed\n'
if [ -z "$mcp" ] && ! grep -qF "\"$mcp_url\"" "$HOME_FILE" 2>/dev/null; then
  header=''
  # shellcheck disable=SC2016  # for the user to run
  [ -z "$token" ] || header=' --header "Authorization: Bearer $(custodian token show | head -n1)"'
  printf 'Claude Code: claude mcp add --transport http --scope user state-hub %s%s\n' "$mcp_url" "$header"
fi
