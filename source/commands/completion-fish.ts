import { type CompletedCommand, completedCommands } from './completion-words.ts';
import { type FlagSpec, flagText } from './flags.ts';

/** For fish: `tidemark completion fish > ~/.config/fish/completions/tidemark.fish`. */
export function fishScript(): string {
	const all = completedCommands();
	const names = all.map(({ name }) => name).filter((name) => name !== '');
	const lines = all.flatMap((command) => commandLines(command, names));
	return `# fish completion of tidemark: tidemark completion fish > ~/.config/fish/completions/tidemark.fish
complete -c tidemark -f
${lines.join('\n')}
`;
}

function commandLines({ name, summary, flags, words }: CompletedCommand, names: readonly string[]) {
	const condition =
		name === ''
			? `not __fish_seen_subcommand_from ${names.join(' ')}`
			: `__fish_seen_subcommand_from ${name}`;
	const start = `complete -c tidemark -n ${quoted(condition)}`;
	return [
		...(name === ''
			? []
			: [`complete -c tidemark -n __fish_use_subcommand -a ${name} -d ${quoted(summary)}`]),
		...words.map((word) => `${start} -a ${word}`),
		...flags.map(([flag, spec]) => `${start} ${flagLine(flag, spec)}`),
	];
}

function flagLine(name: string, { type, choices, path, summary }: FlagSpec): string {
	const long = `-l ${flagText(name).slice(2)}`;
	const value =
		type === 'boolean'
			? ''
			: choices
				? ` -x -a ${quoted(choices.join(' '))}`
				: path
					? path === 'folder'
						? " -x -a '(__fish_complete_directories)'"
						: ' -r -F'
					: ' -x';
	return `${long}${value} -d ${quoted(summary)}`;
}

const quoted = (text: string): string => `'${text.replace(/[\\']/g, (each) => `\\${each}`)}'`;
