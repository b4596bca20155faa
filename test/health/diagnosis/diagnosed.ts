import { fileURLToPath } from 'node:url';
import { loadCatalog } from '../../../source/catalog/load.ts';
import type { Parts } from '../../../source/compose.ts';
import type { Diagnosis, RootFinding } from '../../../source/health/diagnosis/diagnose.ts';
import { Diagnostician } from '../../../source/health/diagnosis/diagnostician.ts';
import { defaultThresholds } from '../../../source/health/thresholds.ts';
import { composeFor } from '../../support/sampling.ts';

/** The evidence queries that ship. */
export const evidence = loadCatalog(
	fileURLToPath(new URL('../../../sql/evidence', import.meta.url)),
);

/** One sample of the database at `url` and what diagnosis makes of it, as `tidemark diagnose` does. */
export async function diagnoseOnce(
	url: string,
	thresholds = defaultThresholds,
): Promise<Diagnosis> {
	// What a limit of half a second cuts off on a busy machine would stand beside what is to be found.
	const parts = composeFor(url, { statementTimeout: '20s' });
	try {
		return await diagnoseNow(parts, thresholds);
	} finally {
		await parts.stop();
	}
}

/** One more sample of what is being watched, and its diagnosis. */
export async function diagnoseNow(
	{ loop, monitor }: Parts,
	thresholds = defaultThresholds,
): Promise<Diagnosis> {
	const diagnostician = new Diagnostician({
		evidence: () => evidence.samplers,
		ask: (queries) => loop.ask(queries),
		refresh: () => loop.refreshAnew(),
		monitor,
		intervalMs: () => loop.intervalMs,
		thresholds,
	});
	await loop.refreshAll();
	return diagnostician.ask(true);
}

/** `severity fault subject` of each finding, and of what it folds after an arrow. */
export const outline = ({ findings }: Diagnosis): string[] =>
	findings.map((finding) => [name(finding), ...finding.folded.map(name)].join(' <- '));

const name = ({ severity, fault, subject }: RootFinding | RootFinding['folded'][number]): string =>
	`${severity} ${fault}${subject === '' ? '' : ` ${subject}`}`;

/** The one finding of a fault; fails when there is none. */
export function findingOf({ findings }: Diagnosis, fault: string): RootFinding {
	const found = findings.find((each) => each.fault === fault);
	if (!found) {
		throw new Error(`no ${fault}, but: ${findings.map(({ sentence }) => sentence).join('; ')}`);
	}
	return found;
}
