import { report } from '../host/report.js'
import type { Place } from '../model/place.js'

export const shells = ['bash', 'zsh', 'fish'] as const

/** A verb as a shell completes it. */
export interface CompletedVerb {
  readonly name: string
  readonly summary: string
  /** Long options and fixed words, each with what it does. */
  readonly words: readonly { readonly word: string; readonly summary: string }[]
}

/** `piimg completion bash|zsh|fish`: a script that the shell reads when it starts. */
export function completion(
  _: Place,
  shell: (typeof shells)[number],
  verbs: readonly CompletedVerb[],
): number {
  report.result({ bash: bashScript, zsh: zshScript, fish: fishScript }[shell](verbs))
  return 0
}

function bashScript(verbs: readonly CompletedVerb[]): string {
  const cases = verbs.map(
    ({ name, words }) => `    ${name}) words='${words.map(({ word }) => word).join(' ')}' ;;`,
  )
  return `# piimg completion bash > ~/.local/share/bash-completion/completions/piimg
_piimg() {
  local word=\${COMP_WORDS[COMP_CWORD]} words=''
  if [ "$COMP_CWORD" = 1 ]; then
    mapfile -t COMPREPLY < <(compgen -W '${verbs.map(({ name }) => name).join(' ')}' -- "$word")
    return
  fi
  case \${COMP_WORDS[1]} in
${cases.join('\n')}
  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "$word"; compgen -f -- "$word")
}
complete -o filenames -F _piimg piimg`
}

function zshScript(verbs: readonly CompletedVerb[]): string {
  const describe = (words: readonly { word: string; summary: string }[]) =>
    words.map(({ word, summary }) => quoted(`${word}:${summary.replaceAll(':', '\\:')}`)).join(' ')
  const cases = verbs.map(({ name, words }) => `    ${name}) choices=(${describe(words)}) ;;`)
  return `#compdef piimg
# piimg completion zsh > _piimg, in a folder of $fpath
_piimg() {
  local -a choices
  if (( CURRENT == 2 )); then
    choices=(${describe(verbs.map(({ name, summary }) => ({ word: name, summary })))})
    _describe verb choices
    return
  fi
  case $words[2] in
${cases.join('\n')}
  esac
  _describe word choices
  _files
}
compdef _piimg piimg`
}

function fishScript(verbs: readonly CompletedVerb[]): string {
  const lines = verbs.flatMap(({ name, summary, words }) => [
    `complete -c piimg -n __fish_use_subcommand -f -a ${name} -d ${quoted(summary)}`,
    ...words.map(({ word, summary: what }) => {
      const flag = word.startsWith('--') ? `-l ${word.slice(2)}` : `-a ${word}`
      return `complete -c piimg -n '__fish_seen_subcommand_from ${name}' ${flag} -d ${quoted(what)}`
    }),
  ])
  return ['# piimg completion fish > ~/.config/fish/completions/piimg.fish', ...lines].join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}
