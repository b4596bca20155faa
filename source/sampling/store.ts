import { History } from './history/history.ts';
import type { Snapshot } from './snapshot.ts';

/** The latest snapshot and what is remembered of those before it; listeners hear of each new one once. */
export type Store = {
	latest(): Snapshot;
	/** The latest included. */
	readonly history: History;
	subscribe(listener: () => void): () => void;
	publish(snapshot: Snapshot): void;
};

/** Makes a store that starts with `first`. */
export function createStore(first: Snapshot, history = new History()): Store {
	let latest = first;
	history.add(first);
	const listeners = new Set<() => void>();
	return {
		history,
		latest: () => latest,
		subscribe(listener) {
			listeners.add(listener);
			return () => listeners.delete(listener);
		},
		publish(snapshot) {
			latest = snapshot;
			history.add(snapshot);
			for (const listener of listeners) listener();
		},
	};
}
