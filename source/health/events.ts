import type { Snapshot } from '../sampling/snapshot.ts';
import { type HealthEvent, isAlarm, type Verdict, verdictKey } from './verdict.ts';

type Before = {
	readonly snapshot: Pick<Snapshot, 'connection'>;
	readonly verdicts: readonly Verdict[];
};

/** What changed between two snapshots that a person would want to have noticed. */
export function eventsBetween(
	before: Before,
	after: { readonly snapshot: Snapshot; readonly verdicts: readonly Verdict[] },
): HealthEvent[] {
	return [...connectionEvents(before.snapshot, after.snapshot), ...verdictEvents(before, after)];
}

function connectionEvents(before: Before['snapshot'], after: Snapshot): HealthEvent[] {
	const was = before.connection;
	const is = after.connection;
	// While the server is away only this machine's clock moves on.
	const at = after.at + (is.kind === 'live' ? 0 : after.publishedAt - after.answeredAt);
	if (is.kind === 'lost' && was.kind !== 'lost') {
		return [{ at, severity: 'critical', text: is.sentence }];
	}
	if (is.kind === 'live' && was.kind !== 'live') {
		const { user, database, version } = is.identity;
		return [
			{ at, severity: 'ok', text: `connected to ${database} as ${user}, Postgres ${version}` },
		];
	}
	return [];
}

type Judged = { readonly snapshot: Snapshot; readonly verdicts: readonly Verdict[] };

function verdictEvents(before: Before, after: Judged): HealthEvent[] {
	const known = new Map(before.verdicts.map((verdict) => [verdictKey(verdict), verdict]));
	const now = new Set(after.verdicts.map(verdictKey));
	const { at } = after.snapshot;
	const events: HealthEvent[] = [];
	for (const verdict of after.verdicts) {
		const was = known.get(verdictKey(verdict))?.severity ?? 'ok';
		const { severity, sentence } = verdict;
		if (severity === was || (severity === 'unknown' && was === 'ok')) continue;
		if (isAlarm(verdict)) {
			events.push({ at, severity, text: sentence });
		} else if (severity === 'ok' && was !== 'unknown') {
			events.push({ at, severity, text: `over: ${nameOf(verdict)}` });
		}
	}
	for (const verdict of before.verdicts) {
		if (isAlarm(verdict) && !now.has(verdictKey(verdict))) {
			events.push({ at, severity: 'ok', text: `over: ${nameOf(verdict)}` });
		}
	}
	return events;
}

const nameOf = ({ signal, subject }: Verdict): string =>
	`${signal.replaceAll('-', ' ')}${subject === '' ? '' : ` (${subject})`}`;
