import type { Parts } from './compose.ts';
import { TidemarkError } from './errors.ts';
import { type FleetLine, fleetLine, notAskedYet } from './health/fleet-line.ts';
import { sanitise } from './lib/text.ts';

/** A target of the fleet, and the way to its parts. */
export type FleetMember = {
	readonly name: string;
	/** @throws TidemarkError where its settings are wrong */
	open(): Parts;
};

/** Ages grow by the second. */
const tickMs = 1000;

/**
 * Watches several targets at once, each with parts, and so with at most two connections, of its own:
 * one that can't be reached, or doesn't answer, holds up nobody.
 */
export class Fleet {
	readonly #members: readonly FleetMember[];
	readonly #listeners = new Set<() => void>();
	readonly #open = new Map<string, Parts>();
	readonly #faults = new Map<string, string>();
	#timer: NodeJS.Timeout | undefined;

	constructor(members: readonly FleetMember[]) {
		this.#members = members;
	}

	/** Begins to sample all of them. */
	start(): void {
		for (const { name, open } of this.#members) {
			try {
				const parts = open();
				this.#open.set(name, parts);
				parts.monitor.subscribe(() => this.#tell());
				parts.loop.start();
			} catch (error) {
				if (!(error instanceof TidemarkError)) throw error;
				this.#faults.set(name, sanitise(error.message.split('\n').join('; ')));
			}
		}
		this.#timer = setInterval(() => this.#tell(), tickMs);
	}

	/** The line of each member by its name. */
	lines(): ReadonlyMap<string, FleetLine> {
		return new Map(
			this.#members.map(({ name }) => {
				const parts = this.#open.get(name);
				const fault = this.#faults.get(name);
				if (fault !== undefined) {
					return [name, { ...notAskedYet, severity: 'critical', sentence: fault }];
				}
				if (parts === undefined) return [name, notAskedYet];
				const { loop, monitor } = parts;
				return [name, fleetLine(monitor.current(), loop.now(), 2 * loop.intervalMs + tickMs)];
			}),
		);
	}

	subscribe(listener: () => void): () => void {
		this.#listeners.add(listener);
		return () => this.#listeners.delete(listener);
	}

	/** Closes the connections to one of them, which is watched no longer. */
	async end(name: string): Promise<void> {
		const parts = this.#open.get(name);
		this.#open.delete(name);
		await parts?.stop();
	}

	/** Closes all connections. */
	async stop(): Promise<void> {
		clearInterval(this.#timer);
		this.#listeners.clear();
		await Promise.all([...this.#open.values()].map((parts) => parts.stop()));
	}

	#tell(): void {
		for (const listener of this.#listeners) listener();
	}
}
