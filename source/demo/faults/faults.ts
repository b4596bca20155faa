import { keepOpen, withClient } from '../connection.ts';
import type { Switches } from '../workload/switches.ts';
import { databaseFaults } from './database-faults.ts';
import type { Fault, VantageContext } from './fault.ts';
import { leaseFaults } from './lease-faults.ts';
import { loadFaults } from './load-faults.ts';
import { rollupFaults } from './rollup-faults.ts';
import { schedulerFaults } from './scheduler-faults.ts';
import { schemaFaults } from './schema-faults.ts';
import { taskFaults } from './task-faults.ts';
import { vantageFaults } from './vantage-faults.ts';

/** Everything that `tidemark demo --fault` can make go wrong, by name. */
export const faults: Readonly<Record<string, Fault>> = {
	...taskFaults,
	...loadFaults,
	...leaseFaults,
	...rollupFaults,
	...schedulerFaults,
	...databaseFaults,
	...schemaFaults,
	...vantageFaults,
};

/** A fault that was made, with the sessions that it keeps open. */
export interface MadeFault {
	/** Connection string of where it shows, password included: not for any output. */
	readonly watchedUrl: string;
	close(): Promise<void>;
}

/** Makes `fault` happen in the database at `url`, before its workload starts with `switches`. */
export async function injectFault(
	fault: Fault,
	{ url, switches, ...rest }: Omit<VantageContext, 'client'> & { readonly switches: Switches },
): Promise<MadeFault> {
	fault.disturb?.(switches);
	const sessions = keepOpen(url);
	try {
		const vantage = await withClient(url, async (client) => {
			await fault.inject?.({ client, open: sessions.open });
			return fault.vantage?.({ client, url, ...rest });
		});
		return {
			watchedUrl: vantage?.url ?? url,
			async close() {
				await vantage?.close();
				await sessions.close();
			},
		};
	} catch (error) {
		await sessions.close();
		throw error;
	}
}
