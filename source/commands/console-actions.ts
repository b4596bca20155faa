import type { ActionDesk } from '../actions/desk.ts';
import { type DeskState, emptyDesk } from '../actions/desk-state.ts';
import { leftBehindSentence, leftToTell } from '../actions/ledger.ts';
import { stateFolder } from '../actions/state-folder.ts';
import type { Config } from '../config.ts';
import { sanitise } from '../lib/text.ts';
import type { Target } from '../postgres/target-type.ts';
import type { ActionsSource } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';

/** The console's desk, and its end. */
export type ConsoleActions = {
	readonly source: ActionsSource;
	/** Sentences on what earlier runs left undone here. */
	readonly warnings: readonly string[];
	/** Stops what runs. @returns what became of it, where something was stopped */
	end(): Promise<string | undefined>;
};

/** The desk of a target; its code is loaded when it is first opened. */
export function consoleActions(
	{ env }: Pick<CommandContext, 'env'>,
	config: Config,
	target: Target,
): ConsoleActions {
	const listeners = new Set<() => void>();
	const folder = stateFolder(env);
	let desk: Promise<ActionDesk> | undefined;
	let opened: ActionDesk | undefined;
	const load = async (): Promise<ActionDesk> => {
		const { ActionDesk: Desk } = await import('../actions/desk.ts');
		opened = new Desk({
			target,
			where: sanitise(config.name || target.database),
			folder,
			policy: { isReadOnly: config.isReadOnly },
		});
		opened.subscribe(() => {
			for (const listener of listeners) listener();
		});
		return opened;
	};
	return {
		warnings: leftToTell({ folder, target }).map(leftBehindSentence),
		source: {
			state: (): DeskState => opened?.state() ?? emptyDesk,
			open(command) {
				desk ??= load();
				void desk.then((each) => each.open(command));
			},
			press: (key) => opened?.press(key, performance.now()),
			subscribe(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		},
		end: async () => (await desk)?.end(),
	};
}
