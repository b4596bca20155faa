import { withClient } from './connection.ts';
import type { Fault, VantageContext } from './faults/fault.ts';
import { injectFault } from './faults/faults.ts';
import { makeUsualTrouble, prolongUsualTrouble } from './faults/usual-trouble.ts';
import { shape } from './shape.ts';
import { usualSwitches } from './workload/switches.ts';
import { startWorkload, type Workload } from './workload/workload.ts';

/** What a database with a past is brought to life with. */
export type LifeOptions = Omit<VantageContext, 'client'> & {
	/** What has gone wrong; undefined: what goes wrong everywhere. */
	readonly fault: Fault | undefined;
	/** Two lives with one seed do alike. */
	readonly seed: number;
	/** Milliseconds that the workload takes for a second of the product's life. */
	readonly stepMs: number;
};

/** A product at work on a database, with its fault. */
export type Life = {
	/** Where the console looks: the database, unless the fault shows elsewhere. Not for any output. */
	readonly watchedUrl: string;
	readonly workload: Workload;
	/** Ends the workload and what the fault keeps open; the data are kept. */
	end(): Promise<void>;
};

/** Makes the fault in the database at `url`, and starts the workload on it. */
export async function bringToLife({ fault, seed, stepMs, ...place }: LifeOptions): Promise<Life> {
	const { url } = place;
	const switches = usualSwitches(shape.tasksPerMinute);
	const made = fault && (await injectFault(fault, { switches, ...place }));
	if (!fault) await withClient(url, makeUsualTrouble);
	const workload = startWorkload({ url, seed, switches, stepMs });
	if (!fault) prolongUsualTrouble(workload.runtimes);
	return {
		watchedUrl: made?.watchedUrl ?? url,
		workload,
		async end() {
			await workload.stop();
			await made?.close();
		},
	};
}
