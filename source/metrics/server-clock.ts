import type { Snapshot } from '../sampling/snapshot.ts';
import type { Store } from '../sampling/store.ts';

/**
 * Turns moments of the database server's clock into moments of this machine's: ages must keep
 * growing while the server, and with it its clock, can't be asked.
 */
export class ServerClock {
	#newestAt = Number.NEGATIVE_INFINITY;
	/** This machine's clock minus the server's, at the newest answer. */
	#offsetMs = 0;
	readonly #unsubscribe: () => void;

	constructor(store: Store) {
		const { seq } = store.latest();
		if (seq > 0) this.#learn(store.latest());
		this.#unsubscribe = store.subscribe(() => this.#learn(store.latest()));
	}

	/** A moment of the server's clock by this machine's; both in ms since the epoch. */
	toLocal(at: number): number {
		return at + this.#offsetMs;
	}

	stop(): void {
		this.#unsubscribe();
	}

	#learn({ at, answeredAt, connection }: Snapshot): void {
		// Only a snapshot with a newer answer was received when that answer was given.
		if (connection.kind !== 'live' || at <= this.#newestAt) return;
		this.#newestAt = at;
		this.#offsetMs = answeredAt - at;
	}
}
