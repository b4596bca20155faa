import { consoleFlags, type FlagName, type FlagSpec, flags, flagText } from './flags.ts';
import { type CommandEntry, commands } from './registry.ts';

/** The text of `tidemark --help`. */
export function helpText(): string {
	const commandLines = Object.values(commands).map(
		({ usage, summary }) => `  ${usage}\n      ${summary}`,
	);
	return `Usage
  tidemark [URL]
      the console on the database of URL, DATABASE_URL, or the PG* variables
${commandLines.join('\n')}

Options
${optionLines([...consoleFlags, 'version', 'help'])}

Into a pipe, tidemark prints one overview as plain text and ends.
tidemark COMMAND --help tells more of a command.

Examples
  $ tidemark postgres://watcher@db-1/multica
  $ PGSERVICE=production tidemark --interval 5s
  $ tidemark demo --fault lock-leaked`;
}

/** The text of `tidemark COMMAND --help`. */
export function commandHelp({
	usage,
	summary,
	flags: names,
	notes,
	examples,
}: CommandEntry): string {
	return [
		`Usage\n  ${usage}\n      ${summary}`,
		...(notes ? [notes] : []),
		`Options\n${optionLines([...(names ?? []), 'help'])}`,
		`Examples\n${examples.map((line) => `  $ ${line}`).join('\n')}`,
	].join('\n\n');
}

function optionLines(names: readonly FlagName[]): string {
	const lines = names.map((name) => {
		const { value, summary }: FlagSpec = flags[name];
		return [`${flagText(name)}${value ? ` ${value}` : ''}`, summary] as const;
	});
	const width = Math.max(...lines.map(([left]) => left.length));
	return lines.map(([left, summary]) => `  ${left.padEnd(width)}  ${summary}`).join('\n');
}
