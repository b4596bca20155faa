import type { Client } from 'pg';
import type { Runtimes } from '../workload/runtimes.ts';
import { addRunning, silence } from './task-damage.ts';

/** Runtime 7 works for agents 25 to 28; one of them is in the middle of something. */
const runtime = 7;
const agent = 25;
const backInSeconds = 420;

/**
 * A demo without a fault isn't without trouble: a laptop was closed four minutes ago with work on
 * it, and will be opened again.
 */
export async function makeUsualTrouble(client: Client): Promise<void> {
	await silence(client, [runtime], '4 minutes');
	await addRunning(client, agent, 3, ['5 minutes', '9 minutes']);
}

/** Keeps the laptop closed for a while. */
export function prolongUsualTrouble(runtimes: Runtimes): void {
	runtimes.silence(runtime, backInSeconds);
}
