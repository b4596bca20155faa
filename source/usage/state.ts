import { TidemarkError } from '../errors.ts';
import { hasSameDays, isZone } from '../lib/zone.ts';
import type { PipelineData } from '../sampling/panel-data.ts';
import type { Answers, Question } from '../sampling/question.ts';
import { Asking } from './asking.ts';
import type { SourceName } from './names.ts';
import { type Reach, reachOf } from './reach.ts';
import { readReport } from './read-report.ts';
import type { UsageReport } from './report.ts';
import { daysOfSpan, needsHourly, type Span, type UsageRequest } from './request.ts';
import type { DailyZone, Scope } from './scope.ts';
import { chooseSource, type RollupName, type SourceChoice } from './sources.ts';
import { type Viewer, viewerOf, type ZonesHere } from './viewer.ts';
import type { ZoneChoice } from './zone-choice.ts';

/** What usage depends on besides the database's answers. */
export type UsageContext = ZonesHere & {
	/** The rollups that this database has, as the samplers see them. */
	readonly rollups: Readonly<Partial<Record<RollupName, PipelineData>>>;
	/** USAGE_DAILY_ROLLUP_ENABLED as it is set where this runs. */
	readonly enabled: string | undefined;
};

/** What is known of the usage that was asked for. */
export type UsageState =
	/** The server has to be asked first, or more. */
	| { readonly kind: 'asking' }
	| { readonly kind: 'report'; readonly report: UsageReport }
	| {
			readonly kind: 'refused';
			/** Of kind `config` where the request is at fault, else `query`. */
			readonly error: TidemarkError;
			/** A source that has the span that was too much. */
			readonly offer?: SourceName;
	  };

/**
 * How far the answers so far lead, and all questions on the way there; those without an answer are
 * to be asked next. Pure: the same request, context and answers give the same.
 */
export function usageState(
	request: UsageRequest,
	context: UsageContext,
	answers: Answers,
): UsageState & { readonly questions: readonly Question[] } {
	const asking = new Asking(answers);
	const state = (): UsageState => {
		try {
			return advance(asking, request, context);
		} catch (error) {
			if (error instanceof TidemarkError) return { kind: 'refused', error };
			throw error;
		}
	};
	return { ...state(), questions: asking.questions };
}

function advance(asking: Asking, request: UsageRequest, context: UsageContext): UsageState {
	const pending = { kind: 'asking' } as const;
	const viewer = viewerOf(asking, request, context);
	if (viewer === undefined) return pending;
	const source = chooseSource({
		asked: request.source,
		enabled: context.enabled,
		rollups: context.rollups,
		needsHourly: needsHourly(request.by),
	});
	const other = otherSource(source.source, request, context);
	const daily = dailyZone(asking, viewer, source.source === 'daily' || other === 'daily');
	if (daily === undefined) return pending;
	const dates = datesOf(
		asking,
		request.span,
		zoneOfDays(asking, request.span, viewer, source, daily),
	);
	if (dates === undefined) return pending;
	const scope = { ...viewer, by: request.by, source, daily, ...dates };
	const reach = reachOf(asking, scope, other);
	if (reach === undefined) return pending;
	const tooMuch = refusal(scope, reach, context);
	if (tooMuch) return tooMuch;
	const report = readReport(asking, scope, reach, context.rollups);
	return report && !asking.isMissing ? { kind: 'report', report } : pending;
}

/** What the source is to be compared with: a rollup with raw usage, raw usage with the best rollup. */
function otherSource(
	source: SourceName,
	{ by }: UsageRequest,
	{ rollups }: UsageContext,
): SourceName | undefined {
	if (source !== 'raw') return 'raw';
	if (rollups.hourly) return 'hourly';
	return rollups.daily && !needsHourly(by) ? 'daily' : undefined;
}

function dailyZone(asking: Asking, viewer: Viewer, isRead: boolean): DailyZone | undefined {
	if (!isRead) return { kind: 'none' };
	const rows = asking.need("the daily rollup can't be read", 'daily-zone');
	if (rows === undefined) return undefined;
	const [row] = rows;
	const zone = row?.owner === 'runtime' ? viewer.runtimeZone : row?.zone;
	if (typeof zone !== 'string') return { kind: 'each' };
	return isZone(zone) ? { kind: 'one', zone } : { kind: 'unknown', zone };
}

/** A zone with the days of the span in it. */
type Dates = Pick<Scope, 'zone' | 'today' | 'now' | 'first' | 'last'>;

function datesOf(asking: Asking, span: Span, zone: ZoneChoice): Dates | undefined {
	const date = todayIn(asking, zone.zone);
	return date && { zone, ...date, ...daysOfSpan(span, date.today) };
}

/** A day of the daily rollup can't be cut anew: where that is the source, its zone goes. */
function zoneOfDays(
	asking: Asking,
	span: Span,
	{ zone }: Viewer,
	{ source }: SourceChoice,
	daily: DailyZone,
): ZoneChoice {
	if (source !== 'daily' || daily.kind !== 'one') return zone;
	const dates = datesOf(asking, span, zone);
	if (dates && hasSameDays(daily.zone, zone.zone, dates.first, dates.last)) return zone;
	return {
		zone: daily.zone,
		origin: 'daily-rollup',
		note: `the daily rollup has days of ${daily.zone}: they can't be cut anew for ${zone.zone}`,
	};
}

function todayIn(asking: Asking, zone: string) {
	const found = asking.find('today', { zone });
	if (found === undefined) return undefined;
	if ('why' in found) {
		if (found.sqlstate === unknownZone) {
			throw new TidemarkError('config', `this server has no time zone "${zone}": choose another`);
		}
		throw new TidemarkError('query', `the server can't be asked for the day: ${found.why}`);
	}
	const [row] = found.rows;
	return { today: String(row?.today), now: Number(row?.now) };
}

/** invalid_parameter_value: what `at time zone` says of a name that it doesn't know. */
const unknownZone = '22023';

function refusal(
	{ source: { source }, by, first, last }: Scope,
	reach: Reach,
	{ rollups }: UsageContext,
): UsageState | undefined {
	if (reach.tooMuch === undefined) return undefined;
	const names: readonly RollupName[] = source === 'raw' ? ['hourly', 'daily'] : ['daily'];
	const offer = names.find((name) => rollups[name] && !(name === 'daily' && needsHourly(by)));
	return {
		kind: 'refused',
		error: new TidemarkError(
			'query',
			`${first} to ${last} is too much to read at once: ${reach.tooMuch}`,
		),
		...(offer && { offer }),
	};
}
