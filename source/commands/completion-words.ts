import { consoleFlags, type FlagName, type FlagSpec, flags } from './flags.ts';
import { type CommandEntry, commands } from './registry.ts';

/** A command, or the console (with an empty name), with the flags that mean something to it. */
export type CompletedCommand = {
	readonly name: string;
	readonly summary: string;
	readonly flags: readonly (readonly [name: FlagName, spec: FlagSpec])[];
	/** What may follow the name, where it is one of a few words. */
	readonly words: readonly string[];
};

/** Everything that a shell can complete; the console comes first. */
export function completedCommands(): CompletedCommand[] {
	const withSpecs = (names: readonly FlagName[]) =>
		names.map((name) => [name, flags[name] as FlagSpec] as const);
	const console: CompletedCommand = {
		name: '',
		summary: 'the console',
		flags: withSpecs([...consoleFlags, 'version', 'help']),
		words: [],
	};
	const others = Object.entries<CommandEntry>(commands).map(([name, entry]) => ({
		name,
		summary: entry.summary,
		flags: withSpecs([...(entry.flags ?? []), 'help']),
		words: wordsOf(entry.usage),
	}));
	return [console, ...others];
}

/** `up`, `down`, `status` of `tidemark migrate up|down|status [--to N]`. */
const wordsOf = (usage: string): string[] =>
	/^tidemark [a-z-]+ ([a-z-]+(?:\|[a-z-]+)+)/.exec(usage)?.[1]?.split('|') ?? [];
