/** `postern completion`: the script for a shell, and the words that the script asks for. */

import { Argument, Command } from 'commander';
import { completeWords, type Completion } from './complete-words.ts';
import { completionScript, SHELLS, type Shell } from './completion-scripts.ts';

const MORE = `
To have it in every shell, add a line to its start-up file:
  bash  source <(postern completion bash)              in ~/.bashrc
  zsh   source <(postern completion zsh)               in ~/.zshrc, after compinit
  fish  postern completion fish | source               in ~/.config/fish/config.fish`;

/** `makeProgram` gives the whole tree, of which at least the command is loaded that the words begin with. */
export function completionCommand(makeProgram: (words: readonly string[]) => Promise<Command>): Command {
  const shell = new Argument('<shell>', 'for which').choices(SHELLS);
  const words = new Command('words')
    .addArgument(shell)
    .argument('[words...]', 'those after the name of the program; the last one is being typed')
    .action(async (shell: Shell, typed: readonly string[]) => {
      const joined = shell === 'bash' ? joinBroken(typed) : typed;
      console.log(formatCompletion(completeWords(await makeProgram(joined), joined), shell));
    });
  return new Command('completion')
    .addArgument(shell)
    .addHelpText('after', MORE)
    .action((shell: Shell) => void process.stdout.write(completionScript(shell)))
    .addCommand(words, { hidden: true });
}

/** bash takes words apart at `=` and `:`, and gives the sign as a word of its own. */
export function joinBroken(words: readonly string[]): string[] {
  const joined: string[] = [];
  let open = false;
  for (const word of words) {
    const sign = word === '=' || word === ':';
    if ((sign || open) && joined.length > 0) joined.push(`${joined.pop() ?? ''}${word}`);
    else joined.push(word);
    open = sign;
  }
  return joined;
}

/** fish replaces the word as a whole, the others what stands after the `=`. */
function formatCompletion({ suggestions, files, prefix }: Completion, shell: Shell): string {
  const [before, separator] = shell === 'fish' ? [prefix, '\t'] : ['', ' '];
  const lines = suggestions.map(({ value, description }) => [before + value, description.replaceAll(/\s+/g, ' ')].join(separator).trim());
  return [...lines, files ? ':files' : ':none'].join('\n');
}
