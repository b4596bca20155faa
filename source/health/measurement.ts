import type { SignalName } from './thresholds.ts';
import type { Severity } from './verdict.ts';

/** One number that a threshold judges, and the words for it. */
export type Measurement = {
	readonly signal: SignalName;
	/** What it is about, such as a pipeline; empty where there is only one. */
	readonly subject: string;
	/** The sampler whose rows it is read off; while that has none there is no verdict. */
	readonly sampler: string;
	/** The panel that shows it. */
	readonly panel: string;
	/**
	 * In the unit of the signal's threshold. Undefined: unknown. For a `level` the judge turns it into
	 * the seconds for which it has been above zero and has not fallen.
	 */
	readonly value: number | undefined;
	readonly isLevel?: true;
	/** It is as it is by right, whatever its value: told, and no alarm. */
	readonly isExcused?: boolean;
	/** One sentence for a state that isn't ok; `seconds` is how long a level has not fallen. */
	readonly sentence: (severity: Severity, seconds: number) => string;
};
