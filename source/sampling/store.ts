import type { Snapshot } from './snapshot.ts';

/** The latest snapshot and a ring of those before it; listeners hear of each new one once. */
export type Store = {
	latest(): Snapshot;
	/** Oldest first, the latest included. The array is replaced, never changed. */
	history(): readonly Snapshot[];
	subscribe(listener: () => void): () => void;
	publish(snapshot: Snapshot): void;
};

/** How long history is kept: one hour, by this machine's clock. */
export const historyMs = 3_600_000;

/**
 * How many snapshots are kept at most: an hour of one a second. Without it the history would grow
 * with every faster refresh, and for as long as a clock that was set back takes to catch up.
 */
export const longestHistory = 3600;

/** Makes a store that starts with `first` and forgets what is older than `keepMs`. */
export function createStore(first: Snapshot, keepMs = historyMs): Store {
	let history: readonly Snapshot[] = [first];
	const listeners = new Set<() => void>();
	return {
		latest: () => history[history.length - 1] ?? first,
		history: () => history,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		publish(snapshot) {
			const oldest = snapshot.publishedAt - keepMs;
			const young = history.findIndex((each) => each.publishedAt >= oldest);
			const start = Math.max(young, history.length - longestHistory + 1);
			history = [...(young < 0 ? [] : history.slice(start)), snapshot];
			for (const listener of listeners) listener();
		},
	};
}
