import { isZone } from '../../../lib/zone.ts';
import { defaultDays, groupings, sourceNames } from '../../../usage/names.ts';
import { needsHourly, type UsageRequest, type WantedSubject } from '../../../usage/request.ts';
import type { Intent } from '../../binding.ts';
import { scrolledTop } from '../../scroll-keys.ts';
import { type Typing, typed } from '../../typing.ts';
import type { ViewDefinition, ViewKey, ViewStep } from '../view.ts';
import { drawUsage, usageQuestions } from './draw-usage.ts';

/** Usage, and what of it is asked for. */
export type UsageView = {
	readonly kind: 'usage';
	readonly panel?: number;
	readonly request: UsageRequest;
	/** First line shown. */
	readonly top: number;
	/** What is being typed: a time zone, or whose usage. */
	readonly field?: Typing & { readonly what: 'zone' | 'whose' };
};

/** Usage as it is when it is opened: of everybody, or of what is selected. */
export const openUsage = (subject: WantedSubject | undefined): UsageView => ({
	kind: 'usage',
	request: {
		...(subject && { subject }),
		by: 'day',
		span: { kind: 'last', days: defaultDays },
	},
	top: 0,
});

/** Spans that one key goes through, in days. */
const spans = [1, 7, 30, 90, 365];

/** Tokens by day, week, agent, model or hour. */
export const usageView: ViewDefinition<UsageView> = {
	kind: 'usage',
	isTyping: ({ field }) => field !== undefined,
	press(view, key, facts) {
		if (view.field !== undefined) return pressField(view, view.field, key);
		if (key.intent === 'usage') return { view: undefined };
		const next = key.intent && changed(view, key.intent);
		if (next !== undefined) return { view: { ...next, top: 0 } };
		const top = scrolledTop(view.top, key.intent, facts);
		return top === undefined ? undefined : { view: { ...view, top } };
	},
	draw: drawUsage,
	questions: usageQuestions,
};

function changed(view: UsageView, intent: Intent): UsageView | undefined {
	const { request } = view;
	switch (intent) {
		case 'usage-by':
			return { ...view, request: withBy(request) };
		case 'usage-span':
			return { ...view, request: { ...request, span: longer(request.span) } };
		case 'usage-source':
			return { ...view, request: withSource(request) };
		case 'usage-zone':
			return { ...view, field: { what: 'zone', query: '', isTyping: true } };
		case 'usage-whose':
			return { ...view, field: { what: 'whose', query: '', isTyping: true } };
		default:
			return undefined;
	}
}

/** What comes after one of several, round about. */
const after = <T>(all: readonly T[], one: T): T => all[(all.indexOf(one) + 1) % all.length] as T;

/** The daily rollup gives way where it can't say what is asked. */
function withBy({ source, ...request }: UsageRequest): UsageRequest {
	const by = after(groupings, request.by);
	const keeps = source !== undefined && !(source === 'daily' && needsHourly(by));
	return { ...request, by, ...(keeps && { source }) };
}

function withSource({ source, ...request }: UsageRequest): UsageRequest {
	const usable = sourceNames.filter((name) => !(name === 'daily' && needsHourly(request.by)));
	const next = after([undefined, ...usable], source);
	return { ...request, ...(next && { source: next }) };
}

function longer(span: UsageRequest['span']): UsageRequest['span'] {
	const days = span.kind === 'last' ? span.days : defaultDays;
	return { kind: 'last', days: spans.find((each) => each > days) ?? spans[0] ?? 1 };
}

/** Letters go into the line; enter takes what it says, where that can be. */
function pressField(
	view: UsageView,
	field: NonNullable<UsageView['field']>,
	{ key }: ViewKey,
): ViewStep {
	const { field: _, ...closed } = view;
	if (key === 'escape') return { view: closed };
	if (key !== 'return') return { view: { ...view, field: typed(field, key) } };
	const text = field.query.trim();
	const taken = field.what === 'zone' ? withZone(view, text) : withSubject(view, text);
	if (taken !== undefined) return { view: { ...closed, request: taken, top: 0 } };
	const notice =
		field.what === 'zone'
			? `there is no time zone "${text}": such as Europe/Berlin or UTC`
			: 'whose: all, runtime NAME or workspace NAME, where NAME may be an id';
	return { view, notice };
}

/** Nothing typed: the zone that it would be by itself. */
function withZone({ request }: UsageView, text: string): UsageRequest | undefined {
	const { zone: _, ...rest } = request;
	if (text === '') return rest;
	return isZone(text) ? { ...rest, zone: text } : undefined;
}

function withSubject({ request }: UsageView, text: string): UsageRequest | undefined {
	const { subject: _, ...rest } = request;
	if (text === '' || text === 'all') return rest;
	const [, kind, name] = /^(runtime|workspace)\s+(.+)$/.exec(text) ?? [];
	if (name === undefined) return undefined;
	return { ...rest, subject: { kind: kind as WantedSubject['kind'], text: name } };
}
