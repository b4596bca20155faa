import type { Format } from './exposition.ts';

const openmetrics = 'application/openmetrics-text';
/** The versions of OpenMetrics that we write; what names no version takes any. */
const versions: ReadonlySet<string | undefined> = new Set([undefined, '1.0.0', '0.0.1']);

/** Chooses by an Accept header (RFC 9110): OpenMetrics where it is asked for by name, and not less than text. */
export function negotiate(accept: string | undefined): Format {
	if (!accept?.includes(openmetrics)) return 'text';
	let asked = 0;
	let text = 0;
	for (const range of accept.split(',')) {
		const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
		const values = new Map(
			parameters.map((parameter) => {
				const [name = '', value = ''] = parameter.split('=');
				return [name.trim(), value.trim().replace(/^"|"$/g, '')] as const;
			}),
		);
		const weight = weightOf(values.get('q'));
		if (type === openmetrics && versions.has(values.get('version')))
			asked = Math.max(asked, weight);
		if (type === 'text/plain') text = Math.max(text, weight);
	}
	return asked > 0 && asked >= text ? 'openmetrics' : 'text';
}

function weightOf(q: string | undefined): number {
	if (q === undefined) return 1;
	return /^(0(\.\d{0,3})?|1(\.0{0,3})?)$/.test(q) ? Number(q) : 0;
}
