/** What shells load to complete `postern`: each asks the program itself for the words that fit. */

export const SHELLS = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof SHELLS)[number];

/*
 * Answers end with `:files` or `:none`; before it each line is a word and what it means. Nothing of them is evaluated. The program is called as the person
 * called it; a `~` is not yet its folder then.
 */

const BASH = [
  '# Completion of postern for bash: source <(postern completion bash)',
  '_postern() {',
  '  local word meaning name current="${COMP_WORDS[COMP_CWORD]}"',
  '  # A break between words in bash, and no word.',
  '  if [ "$current" = "=" ]; then current=""; fi',
  '  COMPREPLY=()',
  '  while read -r word meaning; do',
  '    case "$word" in',
  '      :files)',
  '        compopt -o filenames 2>/dev/null',
  '        while IFS= read -r name; do COMPREPLY+=("$name"); done < <(compgen -f -- "$current")',
  '        ;;',
  '      :none) ;;',
  '      *) COMPREPLY+=("$word") ;;',
  '    esac',
  '  done < <("${1/#\\~/$HOME}" completion words bash -- "${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null)',
  '}',
  'complete -F _postern postern',
];

const ZSH = [
  '#compdef postern',
  '# Completion of postern for zsh: source <(postern completion zsh), or a file _postern in a folder of $fpath',
  '_postern() {',
  '  local word meaning program="${${(Q)words[1]}/#\\~/$HOME}"',
  '  local -a found files',
  '  "$program" completion words zsh -- "${(@Q)words[2,CURRENT]}" 2>/dev/null | while read -r word meaning; do',
  '    case "$word" in',
  '      :files) files=(1) ;;',
  '      :none) ;;',
  '      *) found+=("${word//:/\\:}${meaning:+:$meaning}") ;;',
  '    esac',
  '  done',
  '  if [[ "$PREFIX" == *=* ]]; then compset -P "*="; fi',
  '  if (( $#found )); then _describe -t words postern found; fi',
  '  if (( $#files )); then _files; fi',
  '}',
  'if [[ "$funcstack[1]" == _postern ]]; then _postern "$@"; else compdef _postern postern; fi',
];

const FISH = [
  '# Completion of postern for fish: postern completion fish | source',
  'function __postern_words',
  '  set -l words (commandline -opc) (commandline -ct)',
  '  for line in ($words[1] completion words fish -- $words[2..-1] 2>/dev/null)',
  '    switch $line',
  '      case ":files"',
  '        set -l parts (string match -r "^((?:.*=)?)(.*)\\$" -- $words[-1])',
  '        for path in (__fish_complete_path $parts[3])',
  '          echo -- $parts[2]$path',
  '        end',
  '      case ":none"',
  '      case "*"',
  '        echo -- $line',
  '    end',
  '  end',
  'end',
  'complete -c postern -f -a "(__postern_words)"',
];

export function completionScript(shell: Shell): string {
  return `${linesOf(shell).join('\n')}\n`;
}

function linesOf(shell: Shell): readonly string[] {
  switch (shell) {
    case 'bash':
      return BASH;
    case 'zsh':
      return ZSH;
    case 'fish':
      return FISH;
  }
}
