import { formatAge, formatInterval } from '../../lib/format.ts';
import type { PanelState } from '../../sampling/panel-data.ts';
import { isDenied, type Reading } from '../../sampling/reading.ts';
import { mark } from '../draw/mark.ts';
import { dimLine, type Line, line, type Span, span } from '../draw/span.ts';
import { type FrameInput, serverNow } from './frame-input.ts';
import type { RankedLine } from './panel.ts';

/** How much a panel's readings can be trusted, drawn. The only place that draws a reading's kind. */
export type Condition = {
	readonly kind: Reading['kind'];
	/** For the panel's upper edge; empty while all is well. */
	readonly tag: Line;
	/** What failed and why, or why there is nothing to show. */
	readonly notes: readonly RankedLine[];
	/** Something shown is older than twice its interval: the panel steps back. */
	readonly isDim: boolean;
};

type Named = readonly [id: string, reading: Reading];

const shortName = (id: string): string => id.slice(id.indexOf('/') + 1);

/** After the panel's own numbers: good to know, and no news. */
const adviceRank = 6.5;

const note = (text: Line): RankedLine => ({ line: text, rank: 1.5 });

/** Age in ms of the rows that a reading stands for; undefined where it has none. */
const ageMs = (reading: Reading, now: number): number | undefined =>
	'at' in reading ? Math.max(0, now - reading.at) : undefined;

/** A reading counts as old from twice the interval at which it should come. */
function isOld([id, reading]: Named, frame: FrameInput, now: number): boolean {
	const interval = Math.max(frame.environment.everyMs(id) ?? 0, frame.controls.intervalMs);
	return (ageMs(reading, now) ?? 0) > 2 * interval;
}

/** The condition of a panel with these readings. */
export function conditionOf(
	{ isPresent, readings }: Pick<PanelState<unknown>, 'isPresent' | 'readings'>,
	frame: FrameInput,
): Condition {
	const now = serverNow(frame);
	const here = readings.filter(([, reading]) => reading.kind !== 'unavailable');
	if (!isPresent) return unavailable(readings);
	const isLost = frame.report.snapshot.connection.kind !== 'live';
	const of = (kind: Reading['kind']) => here.filter(([, reading]) => reading.kind === kind);
	const [failed, stale] = [of('failed'), of('stale')];
	const old = here.filter((each) => isOld(each, frame, now));
	const notes = [
		...[...failed, ...stale].map(([id, reading]) => failureNote(id, reading, now)),
		...deniedNotes(readings),
		...here.flatMap(([id]) => adviceNote(id, frame)),
	];
	if (here.length === 0 && readings.length > 0) {
		const tag = [mark('unknown'), span(' no privilege', 'unknown')];
		return { kind: 'failed', tag, notes, isDim: false };
	}
	const oldest = Math.max(0, ...[...stale, ...old].map(([, reading]) => ageMs(reading, now) ?? 0));
	const isDim = isLost || old.length > 0;
	if (of('pending').length === here.length) {
		return {
			kind: 'pending',
			tag: [],
			notes: [note([span('waiting for the first sample', 'muted')])],
			isDim,
		};
	}
	if (failed.length === here.length) {
		return { kind: 'failed', tag: [mark('unknown'), span(' failed', 'unknown')], notes, isDim };
	}
	const tag = failed.length > 0 || stale.length > 0 || old.length > 0 ? tagOf(failed, oldest) : [];
	if (of('empty').length === here.length) {
		return { kind: 'empty', tag, notes: [note([span('no rows', 'muted')])], isDim };
	}
	return { kind: stale.length > 0 ? 'stale' : 'ok', tag, notes, isDim };
}

function tagOf(failed: readonly Named[], oldestMs: number): readonly Span[] {
	const parts = [
		...(failed.length > 0 ? [`${failed.length} failed`] : []),
		...(oldestMs > 0 ? [`${formatAge(oldestMs / 1000)} old`] : []),
	];
	return [mark('unknown'), span(` ${parts.join(', ')}`, 'unknown')];
}

function failureNote(id: string, reading: Reading, now: number): RankedLine {
	const sentence = 'failure' in reading ? reading.failure.sentence : '';
	const age = ageMs(reading, now);
	const known = age === undefined ? 'failed' : `${formatAge(age / 1000)} old`;
	return note(line(mark('unknown'), span(` ${shortName(id)} ${known}: ${sentence}`, 'unknown')));
}

/** What is here and may not be read, with the grant that would mend it; each once. */
function deniedNotes(readings: readonly Named[]): readonly RankedLine[] {
	const reasons = readings.flatMap(([, reading]) =>
		reading.kind === 'unavailable' && isDenied(reading) ? [reading.reason] : [],
	);
	return [...new Set(reasons)].map((reason) =>
		note(line(mark('unknown'), span(` ${reason}`, 'unknown'))),
	);
}

/** What is asked seldom because no index helps: how seldom, and the index that would mend it. */
function adviceNote(id: string, { report, environment }: FrameInput): readonly RankedLine[] {
	const advice = report.snapshot.advice.get(id);
	if (advice === undefined) return [];
	const everyMs = environment.everyMs(id);
	const cadence = everyMs === undefined ? 'slow' : `every ${formatInterval(everyMs)}`;
	// The table says more than the verb where it is narrow; the statement itself is in the zoomed panel.
	const index = advice.replace(/^CREATE INDEX (CONCURRENTLY )?ON /, 'no index on ');
	const text = `${shortName(id)} ${cadence}: ${index}`;
	return [{ line: [span(text, 'muted')], rank: adviceRank }];
}

/** Why a panel has nothing: what the database lacks, in the words of the probe. */
function unavailable(readings: readonly Named[]): Condition {
	const reasons = new Set(
		readings.flatMap(([, reading]) => (reading.kind === 'unavailable' ? [reading.reason] : [])),
	);
	const notes = ['not in this database', ...reasons].map((text) => note([span(text, 'muted')]));
	return { kind: 'unavailable', tag: [], notes, isDim: false };
}

/** A panel's content under its condition: the data where there is some, else what is known of why not. */
export function underCondition(
	{ kind, notes, isDim }: Condition,
	data: readonly RankedLine[],
): readonly RankedLine[] {
	const hasData = kind === 'ok' || kind === 'stale';
	const lines = hasData ? [...data, ...notes] : notes;
	return isDim ? lines.map((each) => ({ ...each, line: dimLine(each.line) })) : lines;
}
