import { resolveConfig } from '../config.ts';
import { TidemarkError } from '../errors.ts';
import { Fleet } from '../fleet.ts';
import { fleetLine } from '../health/fleet-line.ts';
import { sanitise } from '../lib/text.ts';
import type { TargetLine, TargetsSource, TargetsState } from '../ui/console-context.ts';
import type { CommandContext } from './command.ts';
import { memberOf } from './fleet-member.ts';
import type { Watched } from './watched.ts';

/** What the list of targets needs of the console. */
export type TargetsOptions = {
	/** What is on screen. */
	current(): Watched;
	/**
	 * Shows another target; throws, and leaves all as it is, where that can't be.
	 * @param giveUp closes what watches that target here
	 */
	show(name: string, giveUp: () => Promise<void>): void;
	/** Why no other target may be shown, whatever it is. */
	readonly whyNot?: string | undefined;
};

/** The targets of the configuration for the console, and an end for what watches them. */
export type Targets = { readonly source: TargetsSource; end(): Promise<void> };

/** Undefined where there is nothing to choose from. */
export function createTargets(
	context: CommandContext,
	options: TargetsOptions,
): Targets | undefined {
	const names = [...(context.file?.targets.keys() ?? [])];
	if (names.length === 0) return undefined;
	const fixed = names.map((name) => labelOf(context, name));
	const listeners = new Set<() => void>();
	const ending = new Set<Promise<void>>();
	let fleet: Fleet | undefined;
	let fault: string | undefined;
	const read = (): TargetsState => {
		const { name: current, parts } = options.current();
		const now = parts.loop.now();
		const lines = fleet?.lines();
		return {
			targets: fixed.map((label): TargetLine => {
				const isCurrent = label.name === current;
				// What is on screen is sampled already: it gets no second pair of connections.
				const line = isCurrent
					? fleetLine(parts.monitor.current(), now, 2 * parts.loop.intervalMs + 1000)
					: lines?.get(label.name);
				return { ...label, isCurrent, ...(fleet && line && { line }) };
			}),
			isWatching: fleet !== undefined,
			...(fault !== undefined && { fault }),
			...(options.whyNot !== undefined && { whyNot: options.whyNot }),
		};
	};
	let state = read();
	const changed = () => {
		state = read();
		for (const listener of listeners) listener();
	};
	const untilEnded = (ended: Promise<void>): Promise<void> => {
		ending.add(ended);
		return ended.finally(() => ending.delete(ended));
	};
	const watch = (isWatching: boolean) => {
		if (isWatching === (fleet !== undefined)) return;
		if (fleet !== undefined) {
			void untilEnded(fleet.stop());
			fleet = undefined;
		} else {
			const others = names.filter((name) => name !== options.current().name);
			fleet = new Fleet(others.map((name) => memberOf(context, name)));
			fleet.subscribe(changed);
			fleet.start();
		}
		changed();
	};
	return {
		source: {
			state: () => state,
			watch,
			choose(name) {
				try {
					options.show(name, async () => fleet && untilEnded(fleet.end(name)));
					fault = undefined;
				} catch (error) {
					if (!(error instanceof TidemarkError)) throw error;
					fault = sanitise(error.message.split('\n').join('; '));
				}
				changed();
			},
			subscribe(listener) {
				listeners.add(listener);
				return () => listeners.delete(listener);
			},
		},
		async end() {
			watch(false);
			await Promise.all(ending);
		},
	};
}

function labelOf(context: CommandContext, name: string): Omit<TargetLine, 'isCurrent' | 'line'> {
	const { color, isProduction, isReadOnly } = resolveConfig({ ...context, targetName: name });
	return { name, ...(color && { color }), isProduction, isReadOnly };
}
