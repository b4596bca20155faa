import { describe, expect, test } from 'vitest';
import { parseDocument } from '../../source/config/document.ts';
import { loadConfigFile } from '../../source/config/file.ts';
import { settings } from '../../source/config/settings.ts';
import { signalNames } from '../../source/health/thresholds.ts';
import { fc } from '../support/properties.ts';

const secret = 'hunter2-hunter2';

/** A file as the program would read it. */
const fileOf = (text: string) => {
	const readFile = () => ({ text, mode: 0o600, isRegular: true });
	const file = loadConfigFile('/home/me/.config/tidemark/config.jsonc', readFile, '/home/me');
	if (file === undefined) throw new Error('there is a file');
	return file;
};
const faultsOf = (text: string) =>
	fileOf(text).faults.map((fault) => fault.replace('~/.config/tidemark/config.jsonc:', ''));

describe('faults', () => {
	test('are all told at once, each with its line', () => {
		const text = `{
	"interval": "5 s", "interval": 3,
	"interva": 7,
	"theme": ["x"],
	"panels": { "order": "rollups", "hide": [] },
	"samplers": ["a", 7],
	"timeZone": "Europe/Berln",
	"thresholds": {
		"oldest-ready-task": { "warn": "20m" },
		"connections": { "critical": "120%", "warm": 1 },
		"nope": 7,
	},
	"targets": {
		"a b": { "host": "x" },
		"c": { "url": "postgres://h/db", "host": "x" },
		"d": { "color": "pink", "port": 0 },
		"e": 7,
	},
}`;
		const lines = faultsOf(text).map((fault) => Number.parseInt(fault, 10));
		expect(lines).toEqual([2, 2, 3, 4, 5, 5, 6, 7, 10, 10, 11, 14, 15, 16, 16, 17]);
		const told = faultsOf(text).join('\n');
		expect(told).toContain('3: interva is no setting here; there is interval, ');
		expect(told).toContain('5: panels.hide is no setting here; there is order, hidden');
		expect(told).toContain('10: thresholds.connections.critical is written like "80%"');
		expect(told).toContain('15: targets.c.url says it all: leave out host');
	});

	test('are where the text stops to be JSON', () => {
		expect(faultsOf('{\n"interval": "5s"\n"theme": "dark"\n}')).toEqual([
			'3: is not JSON from column 1 on: look for a missing comma or quote there or just before',
		]);
		expect(faultsOf('{\n"interval": "5s"')[0]).toMatch(/^2: ends in the middle/);
		expect(faultsOf('['.repeat(100_000))[0]).toMatch(/^1: is nested/);
		expect(faultsOf('[]')).toEqual(['1: the file is an object: { … }']);
	});

	test('are told of bounds that are each well and contradict each other', () => {
		expect(faultsOf('{"thresholds":\n{"oldest-ready-task": {"warn": "20m"}}}')).toEqual([
			'2: thresholds.oldest-ready-task would warn only after it is critical',
		]);
		const target = '{"host": "h", "thresholds": {"connections": {"critical": "70%"}}}';
		expect(faultsOf(`{"targets": {\n"a": ${target}}}`)).toEqual([
			'2: targets.a.thresholds.connections would warn only after it is critical',
		]);
		expect(
			faultsOf('{"thresholds": {"oldest-ready-task": {"warn": "20m", "critical": "off"}}}'),
		).toEqual([]);
	});

	test('are zones that the server reads in another way than the terminal', () => {
		const zones = (names: readonly string[]) =>
			names.map(
				(name) =>
					faultsOf(
						`{"timeZone": "${name}", "targets": {"a": {"host": "h", "timeZone": "${name}"}}}`,
					).length,
			);
		expect(zones(['+02:00', '-03', 'CET', 'EST'])).toEqual([2, 2, 2, 2]);
		expect(zones(['', 'UTC', 'Europe/Berlin', 'Etc/GMT+2'])).toEqual([0, 0, 0, 0]);
	});

	test('are target names that nothing would be checked behind', () => {
		for (const name of ['constructor', 'prototype', '__proto__']) {
			const faults = faultsOf(`{"targets": {\n"${name}": {"host": "h", "interval": 7}}}`);
			expect(faults, name).toContainEqual(
				expect.stringMatching(/^2: targets.* is no name for a target/),
			);
		}
		expect(faultsOf('{"targets": {"toString": {"host": "h", "interval": 7}}}')).toHaveLength(1);
	});

	test('refuse a password wherever it is, and never repeat it', () => {
		const places = [
			`{"password": "${secret}"}`,
			`{"targets": {"a": {"host": "h", "password": "${secret}"}}}`,
			`{"prometheus": "https://me:${secret}@h:9090"}`,
			`{"targets": {"a": {"url": "postgres://me:${secret}@h/db"}}}`,
			`{"targets": {"a": {"url": "postgres://me:/${secret}@h/db"}}}`,
			`{"targets": {"a": {"url": "postgres://h/db?password=${secret}"}}}`,
			`{"targets": {"a": {"url": "host=h password='${secret}'"}}}`,
			`{"targets": {"a": {"url": "postgres://h/db?sslpassword=${secret}"}}}`,
		];
		for (const text of places) {
			const [fault, ...others] = faultsOf(text);
			expect(fault, text).toMatch(
				/is refused: .* (~\/\.pgpass or a service file|prometheusAuthFile)$/,
			);
			expect([fault, ...others].join(), text).not.toContain(secret);
		}
	});

	test('never repeat what is in the file, for it may be a password in the wrong place', () => {
		const everywhere = [
			...Object.values(settings).map(({ file }) => `{"${file}": "${secret} x"}`),
			...Object.values(settings).map(({ file }) => `{"${file}": {"${secret} x": "${secret}"}}`),
			...signalNames.map((signal) => `{"thresholds": {"${signal}": {"warn": "${secret}"}}}`),
			...['color', 'port', 'production', 'xyz'].map(
				(key) => `{"targets": {"a": {"host": "h", "${key}": "${secret} x"}}}`,
			),
			`{"postgres://me:${secret}@h/db": 1}`,
			`{"targets": {"postgres://me:${secret}@h/db": {}}}`,
			`{"targets": "${secret}"}`,
			`"${secret}"`,
			`{"a": ${secret}}`,
		];
		for (const text of everywhere) expect(faultsOf(text).join(), text).not.toContain(secret);
	});

	test('are what any bytes give, and never a crash', () => {
		const anything = fc.oneof(
			fc.string({ unit: 'binary' }),
			fc.string({ unit: fc.constantFrom(...'{}[]:,"\\/*\n tfn01.-e', '"targets"', '"url"') }),
			fc.json(),
			fc.jsonValue().map((value) => JSON.stringify({ targets: value, thresholds: value })),
		);
		fc.assert(
			fc.property(anything, (text) => {
				for (const fault of fileOf(text).faults) {
					expect(fault).toMatch(/^~\/\.config\/tidemark\/config\.jsonc:[1-9]\d*: ./);
				}
			}),
			{ numRuns: 300 },
		);
	});
});

describe('the document', () => {
	test('is what JSON.parse makes of the same text', () => {
		fc.assert(
			fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
				const text = JSON.stringify(value);
				const document = parseDocument(text);
				if ('fault' in document) throw new Error(document.fault.reason);
				expect(JSON.parse(JSON.stringify(document.value))).toEqual(JSON.parse(text));
			}),
		);
	});

	test('may have comments, trailing commas, a mark of byte order, or nothing', () => {
		expect(faultsOf('\uFEFF// mine\n{ /* so */ "interval": "5s", }')).toEqual([]);
		expect(faultsOf('')).toEqual([]);
	});
});

describe('targets', () => {
	const targets = (text: string) => fileOf(`{"targets": ${text}}`).targets;

	test('are what libpq reads, quoted where they must be', () => {
		const { a, b, c } = Object.fromEntries(
			targets(`{
				"a": {"host": "/run/my pg", "port": 5433, "database": "o'b\\\\r", "user": "w"},
				"b": {"service": "staging"},
				"c": {"url": "postgres://w@h/db"},
			}`),
		);
		expect(a?.connection).toBe("host='/run/my pg' port='5433' dbname='o\\'b\\\\r' user='w'");
		expect(b?.connection).toBe("service='staging'");
		expect(c?.connection).toBe('postgres://w@h/db');
	});

	test('are production by their name, or because the file says so', () => {
		const found = targets(
			'{"production": {"host": "a"}, "prod": {"host": "a", "production": false}, "eu": {"host": "a", "production": true}, "staging": {"host": "a"}}',
		);
		expect([...found.values()].map(({ isProduction }) => isProduction)).toEqual([
			true,
			false,
			true,
			false,
		]);
	});
});
