import type { Session } from '../../postgres/session.ts';
import { type Credit, earned, spent } from '../../sampling/credit.ts';
import type { Proof, Proofs } from '../../sampling/proof.ts';
import { rollupsOf } from '../../sampling/rollup.ts';
import type { Snapshot, Trip } from '../../sampling/snapshot.ts';
import type { Store } from '../../sampling/store.ts';
import { pipelineNamed } from '../pipelines.ts';
import { isBusy, mostCreditMs } from './budget.ts';
import { PipelineProver } from './pipeline-prover.ts';

/** What a prover works with. */
export type ProverOptions = {
	readonly store: Store;
	readonly loop: {
		readonly isPaused: boolean;
		/** Lends the second connection while nobody else is on it; undefined: it could not be had. */
		aside<T>(work: (session: Session) => Promise<T>): Promise<T | undefined>;
		/** What the next snapshots say is proven. */
		prove(proofs: Proofs): void;
	};
	/** Of one processor of the server, such as 0.01. */
	readonly share: number;
	/** A clock in ms that only moves forward. */
	readonly now?: () => number;
};

/** Comparisons after one refresh at most. */
const mostSteps = 40;

/**
 * Verifies in the background: after each refresh, on the second connection, as many buckets' time as
 * the credit has, one pipeline after the other. Without refreshes, paused or with the server away,
 * it stands still.
 */
export class Prover {
	readonly #options: ProverOptions;
	readonly #now: () => number;
	readonly #provers = new Map<string, PipelineProver>();
	#unsubscribe = () => {};
	#credit: Credit;
	/** The latest refreshes, by which the server is known to be busy. */
	#trips: readonly Trip[] = [];
	#turn: Promise<void> | undefined;
	#next = 0;
	#proofs: Proofs = new Map();

	constructor(options: ProverOptions) {
		this.#options = options;
		this.#now = options.now ?? (() => performance.now());
		this.#credit = { ms: 0, atMs: this.#now() };
	}

	/** From now on works after each refresh. */
	start(): void {
		this.#unsubscribe();
		this.#unsubscribe = this.#options.store.subscribe(() => this.#look());
	}

	/** Begins nothing more, and resolves when nothing is in hand. */
	async stop(): Promise<void> {
		this.#unsubscribe();
		await this.#turn;
	}

	/** Resolves when what is in hand is done. */
	get whenIdle(): Promise<void> {
		return this.#turn ?? Promise.resolve();
	}

	#look(): void {
		const { trip } = this.#options.store.latest();
		if (trip && trip !== this.#trips.at(-1)) this.#trips = [...this.#trips, trip].slice(-40);
		if (this.#turn !== undefined || !this.#mayWork()) return;
		const allowance = { share: this.#options.share, mostMs: mostCreditMs };
		this.#credit = earned(this.#credit, this.#now(), allowance);
		const tripsMs = this.#trips.map(({ serverMs }) => serverMs);
		if (this.#credit.ms <= 0 || isBusy(tripsMs)) return;
		this.#turn = this.#work().finally(() => {
			this.#turn = undefined;
		});
	}

	#mayWork(): boolean {
		const { store, loop } = this.#options;
		return store.latest().connection.kind === 'live' && !loop.isPaused;
	}

	async #work(): Promise<void> {
		const snapshot = this.#options.store.latest();
		const here = this.#here(snapshot);
		let idle = 0;
		for (let steps = 0; steps < mostSteps && idle < here.length; steps++) {
			if (!this.#mayWork() || this.#credit.ms <= 0) break;
			const prover = here[this.#next++ % here.length];
			const done = await this.#options.loop.aside(async (session) =>
				prover?.step(session, snapshot, this.#now()),
			);
			if (done === undefined) break;
			idle = done.kind === 'idle' ? idle + 1 : 0;
			if (done.kind !== 'idle') this.#credit = spent(this.#credit, done.serverMs);
		}
		this.#tell(here);
	}

	/** One for each pipeline that is here. */
	#here(snapshot: Snapshot): readonly PipelineProver[] {
		return rollupsOf(snapshot).data.flatMap(({ pipeline: name }) => {
			const pipeline = pipelineNamed(name);
			if (pipeline === undefined) return [];
			const known = this.#provers.get(name) ?? new PipelineProver(pipeline);
			this.#provers.set(name, known);
			return [known];
		});
	}

	/** Only what has changed is told: snapshots share the rest. */
	#tell(here: readonly PipelineProver[]): void {
		const proofs = new Map(
			here.flatMap((prover): [string, Proof][] => {
				const proof = prover.proof();
				return proof === undefined ? [] : [[prover.name, proof]];
			}),
		);
		const isSame =
			proofs.size === this.#proofs.size &&
			[...proofs].every(([name, proof]) => this.#proofs.get(name) === proof);
		if (isSame) return;
		this.#proofs = proofs;
		this.#options.loop.prove(proofs);
	}
}
