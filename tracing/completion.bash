# bash completion of holdup. What a command takes is read from its own --help:
# options, the choices of "--format=text|json", and what DIR, FILE, CMD ask for.

_holdup_commands() {
	holdup help 2>/dev/null | sed -n 's/^  \([a-z]*\)  *[a-z].*/\1/p'
}

# The options of command $1, a line each: "--format=text|json", "-o", ...
_holdup_options() {
	holdup "$1" --help 2>/dev/null |
		sed -n 's/^  *\(-[-a-zA-Z?].*\)$/\1/p' |
		grep -oE -- '(^|, )--?[a-z?][-a-z]*(=[^ ]*)?' | sed 's/^, //'
}

# The value that option $2 of command $1 takes: "DIR", "text|json" or nothing.
_holdup_value() {
	local option=$2
	case $option in
	-?) # its long form stands beside it
		option=$(holdup "$1" --help 2>/dev/null |
			sed -n "s/^  *$option, \(--[-a-z]*\).*/\1/p")
		;;
	esac
	_holdup_options "$1" | sed -n "s/^$option=//p" | head -n 1
}

# Completes a value of the kind that $1 names.
_holdup_complete_value() {
	case $1 in
	*'|'*) mapfile -t COMPREPLY < <(compgen -W "${1//|/ }" -- "$2") ;;
	*DIR*) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	CMD) mapfile -t COMPREPLY < <(compgen -c -- "$2") ;;
	FILE) mapfile -t COMPREPLY < <(compgen -f -- "$2") ;;
	*) COMPREPLY=() ;;
	esac
}

# What stands after the options of command $1.
_holdup_complete_argument() {
	case $1 in
	help) mapfile -t COMPREPLY < <(compgen -W "$(_holdup_commands)" -- "$2") ;;
	lesson)
		mapfile -t COMPREPLY < <(compgen -W \
			"$(holdup lesson --list 2>/dev/null | awk '{ print $1 }')" -- "$2")
		;;
	record | race) mapfile -t COMPREPLY < <(compgen -c -- "$2"; compgen -f -- "$2") ;;
	*) mapfile -t COMPREPLY < <(compgen -d -- "$2") ;;
	esac
}

# Where the program that `record` and `race` start stands, 0 if not yet there.
_holdup_program() {
	local i word value
	for ((i = 2; i < COMP_CWORD; i++)); do
		word=${COMP_WORDS[i]}
		case $word in
		--) echo $((i + 1)) && return ;;
		=) i=$((i + 1)) ;;
		-*)
			value=$(_holdup_value "${COMP_WORDS[1]}" "$word")
			[ -z "$value" ] || [ "${COMP_WORDS[i + 1]}" = = ] || i=$((i + 1))
			;;
		*) echo "$i" && return ;;
		esac
	done
	echo 0
}

_holdup() {
	local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]}
	local command=${COMP_WORDS[1]} value program

	COMPREPLY=()
	if [ "$COMP_CWORD" = 1 ]; then
		mapfile -t COMPREPLY < <(compgen -W "$(_holdup_commands) --help --version" -- "$current")
		return
	fi
	case $command in
	record | race)
		program=$(_holdup_program)
		if [ "$program" -gt 0 ] && [ "$COMP_CWORD" -gt "$program" ]; then
			# The program's own arguments, by its own completion if there is one.
			if declare -F _command_offset >/dev/null; then
				_command_offset "$program"
			else
				mapfile -t COMPREPLY < <(compgen -f -- "$current")
			fi
			return
		fi
		;;
	esac
	# "--option=value" arrives as three words, "=" being a word break.
	[ "$current" != = ] || current=
	[ "$previous" != = ] || previous=${COMP_WORDS[COMP_CWORD - 2]}
	case $previous in
	-*)
		value=$(_holdup_value "$command" "$previous")
		if [ -n "$value" ]; then
			_holdup_complete_value "$value" "$current"
			return
		fi
		;;
	esac
	case $current in
	-*)
		mapfile -t COMPREPLY < <(compgen -W \
			"$(_holdup_options "$command" | sed 's/=.*/=/')" -- "$current")
		[[ "${COMPREPLY[0]:-}" != *= ]] || compopt -o nospace 2>/dev/null || true
		;;
	*) _holdup_complete_argument "$command" "$current" ;;
	esac
}

complete -F _holdup holdup
