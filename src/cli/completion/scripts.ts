/** What shells load: small scripts that ask the program itself at each key, so that they never grow old (`commands.md` §11.1). */

/** Shells that there are scripts for. */
export const SHELLS = ['bash', 'elvish', 'fish', 'powershell', 'zsh'] as const;
export type Shell = (typeof SHELLS)[number];

/** The script of a shell for the program of that name. */
export function completionScript(shell: Shell, program: string): string {
  return SCRIPTS[shell](program, `_${program.replaceAll(/\W/g, '_')}_complete`);
}

/** Each line of an answer is a value, or a value, a tab and what it is. Without an answer shells offer file names. */
const SCRIPTS: Readonly<Record<Shell, (program: string, name: string) => string>> = {
  bash: (program, name) => `${name}() {
    local line
    COMPREPLY=()
    while IFS= read -r line; do
        COMPREPLY+=("\${line%%$'\\t'*}")
    done < <("$1" __complete bash -- "\${COMP_WORDS[@]:1:COMP_CWORD}" 2>/dev/null </dev/null)
}
complete -o bashdefault -o default -F ${name} ${program}
`,
  zsh: (program, name) => `#compdef ${program}
${name}() {
    local line
    local -a lines values shown
    lines=("\${(@f)$(${program} __complete zsh -- "\${(@)words[2,CURRENT]}" 2>/dev/null </dev/null)}")
    for line in "\${lines[@]}"; do
        [[ -z "$line" ]] && continue
        values+=("\${line%%$'\\t'*}")
        shown+=("\${line/$'\\t'/  }")
    done
    if (( \${#values} )); then
        compadd -l -d shown -- "\${values[@]}"
    else
        _files
    fi
}
if [[ "\${funcstack[1]}" == "${name}" ]]; then
    ${name} "$@"
else
    compdef ${name} ${program}
fi
`,
  fish: (program, name) => `function ${name}
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    set -l lines (${program} __complete fish -- $words[2..-1] "$current" 2>/dev/null </dev/null)
    if test (count $lines) -eq 0
        __fish_complete_path "$current"
    else
        printf '%s\\n' $lines
    end
end
complete -c ${program} -f -a '(${name})'
`,
  // An empty argument would get lost on the way to a program, so the last word has a mark before it.
  powershell: (program) => `Register-ArgumentCompleter -Native -CommandName '${program}' -ScriptBlock {
    param($wordToComplete, $commandAst, $cursorPosition)
    $words = @($commandAst.CommandElements | Select-Object -Skip 1 |
        Where-Object { $_.Extent.EndOffset -lt $cursorPosition } | ForEach-Object { $_.ToString() })
    & '${program}' __complete powershell -- @words "=$wordToComplete" 2>$null | ForEach-Object {
        $value, $meaning = $_ -split "\`t", 2
        if (-not $meaning) { $meaning = $value }
        [System.Management.Automation.CompletionResult]::new($value, $value, 'ParameterValue', $meaning)
    }
}
`,
  elvish: (program) => `use str
set edit:completion:arg-completer[${program}] = {|@words|
    var found = [(try { e:${program} __complete elvish -- (all $words[1..]) 2>/dev/null </dev/null | from-lines } catch e { })]
    if (== (count $found) 0) {
        edit:complete-filename $words[-1]
    } else {
        for line $found {
            edit:complex-candidate (str:split "\\t" $line | take 1) &code-suffix=' ' &display=(str:replace "\\t" '  ' $line)
        }
    }
}
`,
};
