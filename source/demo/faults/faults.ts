import { keepOpen, withClient } from '../connection.ts';
import type { Switches } from '../workload/switches.ts';
import { databaseFaults } from './database-faults.ts';
import type { Fault } from './fault.ts';
import { leaseFaults } from './lease-faults.ts';
import { loadFaults } from './load-faults.ts';
import { rollupFaults } from './rollup-faults.ts';
import { schedulerFaults } from './scheduler-faults.ts';
import { schemaFaults } from './schema-faults.ts';
import { taskFaults } from './task-faults.ts';

/** Everything that `tidemark demo --fault` can make go wrong, by name. */
export const faults: Readonly<Record<string, Fault>> = {
	...taskFaults,
	...loadFaults,
	...leaseFaults,
	...rollupFaults,
	...schedulerFaults,
	...databaseFaults,
	...schemaFaults,
};

/** Sessions that a fault keeps open. */
export interface FaultSessions {
	close(): Promise<void>;
}

/** Makes `fault` happen in the database at `url`, before its workload starts with `switches`. */
export async function injectFault(
	fault: Fault,
	url: string,
	switches: Switches,
): Promise<FaultSessions> {
	fault.disturb?.(switches);
	const sessions = keepOpen(url);
	try {
		await withClient(url, async (client) => fault.inject?.({ client, open: sessions.open }));
	} catch (error) {
		await sessions.close();
		throw error;
	}
	return sessions;
}
