import type { Client } from 'pg';
import { demoId, shape } from '../shape.ts';
import type { Random } from './random.ts';
import type { Switches } from './switches.ts';

/** A daemon beats this often. */
const beatSeconds = 15;
/** After this long without a beat the product calls a runtime offline. */
const offlineSeconds = 150;

const beat = `
update agent_runtime set last_seen_at = now(), status = 'online' where id = any($1::uuid[])`;

const markOffline = `
update agent_runtime set status = 'offline'
where status = 'online' and last_seen_at < now() - interval '${offlineSeconds} seconds'`;

/** The runtimes' daemons: who beats when, and who is silent until when. */
export interface Runtimes {
	/** Lets runtime `n` fall silent for `seconds` more. */
	silence(n: number, seconds: number): void;
	/** One second: those whose turn it is beat. */
	step(client: Client, random: Random, switches: Switches): Promise<void>;
}

/** All runtimes alive, their beats spread over the fifteen seconds. */
export function createRuntimes(): Runtimes {
	const silentSeconds = new Map<number, number>();
	let second = 0;

	/** About every ten minutes one dies, for three to eight minutes, unless one is dead already. */
	function dieAndRecover(random: Random, isDying: boolean): void {
		for (const [n, left] of silentSeconds) {
			if (left <= 1) silentSeconds.delete(n);
			else silentSeconds.set(n, left - 1);
		}
		if (isDying && silentSeconds.size === 0 && random.chance(1 / 600)) {
			silentSeconds.set(1 + random.below(shape.runtimes), 180 + random.below(300));
		}
	}
	return {
		silence: (n, seconds) => silentSeconds.set(n, seconds),
		async step(client, random, switches) {
			second++;
			dieAndRecover(random, switches.isDying);
			const turn = Array.from({ length: shape.runtimes }, (_, index) => index + 1).filter(
				(n) =>
					n % beatSeconds === second % beatSeconds &&
					!silentSeconds.has(n) &&
					!switches.silentRuntimes.has(n),
			);
			await client.query(beat, [turn.map((n) => demoId('runtime', n))]);
			if (second % beatSeconds === 0) await client.query(markOffline);
		},
	};
}
