import { describe, expect, test } from 'vitest';
import { loadConfigFile } from '../../source/config/file.ts';
import { type ConfigSource, resolveConfig, resolveSettings } from '../../source/config.ts';
import { defaultThresholds } from '../../source/health/thresholds.ts';

const text = `{
	"interval": "5s",
	"theme": "light",
	"statementTimeout": "1s",
	"cacheTtl": "9s",
	"readOnly": true,
	"samplers": ["~/a", "b"],
	"thresholds": {
		"oldest-ready-task": { "warn": "5m for 1m", "critical": "off" },
		"connections": { "warn": "70%" },
	},
	"targets": {
		"staging": {
			"host": "h",
			"interval": "7s",
			"statementTimeout": "2s",
			"cacheTtl": "10s",
			"readOnly": false,
			"color": "green",
			"thresholds": { "connections": { "critical": "90%" } },
		},
	},
}`;
const readFile = () => ({ text, mode: 0o600, isRegular: true });
const file = loadConfigFile('/etc/x/config.jsonc', readFile, '/home/me');
const resolve = (source: Partial<ConfigSource> = {}) =>
	resolveSettings({ flags: {}, env: {}, file, ...source });

describe('what wins', () => {
	test('is the flag, then the variable, then the target, then the file, then the default', () => {
		const { config, effective } = resolve({
			flags: { cacheTtl: '11s', samplers: [] },
			env: { TIDEMARK_CACHE_TTL: '12s', TIDEMARK_STATEMENT_TIMEOUT: '3s', TIDEMARK_THEME: '' },
			targetName: 'staging',
		});
		expect(config).toMatchObject({
			cacheTtlMs: 11_000,
			statementTimeoutMs: 3000,
			intervalMs: 7000,
			theme: 'light',
			leaseIntervalMs: 5000,
			isReadOnly: false,
			samplerFolders: ['/home/me/a', '/etc/x/b'],
			name: 'staging',
			color: 'green',
			isProduction: false,
		});
		const from = Object.fromEntries(effective.map(({ name, origin }) => [name, origin]));
		expect(from).toMatchObject({
			cacheTtl: { kind: 'flag', name: '--cache-ttl' },
			statementTimeout: { kind: 'variable', name: 'TIDEMARK_STATEMENT_TIMEOUT' },
			interval: { kind: 'target', place: '/etc/x/config.jsonc:15' },
			theme: { kind: 'file', place: '/etc/x/config.jsonc:3' },
			samplers: { kind: 'file', place: '/etc/x/config.jsonc:7' },
			leaseInterval: { kind: 'default' },
			'thresholds.connections.warn': { kind: 'file', place: '/etc/x/config.jsonc:10' },
			'thresholds.connections.critical': { kind: 'target', place: '/etc/x/config.jsonc:20' },
			'thresholds.oldest-ready-run.warn': { kind: 'default' },
		});
	});

	test('is judged by what counts, each bound by itself', () => {
		const { thresholds } = resolve({ targetName: 'staging' }).config;
		expect(thresholds['oldest-ready-task']).toEqual({
			unit: 'seconds',
			source: 'monitors',
			warn: { at: 300, forMs: 60_000 },
		});
		expect(thresholds.connections).toMatchObject({ warn: { at: 70 }, critical: { at: 90 } });
		expect(thresholds['replay-lag']).toEqual(defaultThresholds['replay-lag']);
		expect(resolveConfig({ flags: {}, env: {} }).thresholds).toEqual(defaultThresholds);
	});
});

describe('what is wrong', () => {
	test('in flags, variables and the file is told together', () => {
		const broken = () => ({ text: '{\n"interval": 3}', mode: 0o600, isRegular: true });
		const source = {
			flags: { theme: 'pink' },
			env: { TIDEMARK_CACHE_TTL: '1' },
			file: loadConfigFile('/etc/x/config.jsonc', broken, '/home/me'),
		};
		expect(() => resolveConfig(source)).toThrow(
			/^\/etc\/x\/config\.jsonc:2: interval is text in quotes\nTIDEMARK_CACHE_TTL is .*\n--theme is dark/,
		);
	});

	test('is never told with an address that may hold a password', () => {
		const source = {
			flags: { prometheus: 'https://me:hunter2@h' },
			env: { TIDEMARK_INTERVAL: 'a@hunter2' },
		};
		expect(() => resolveConfig(source)).toThrow(
			/^TIDEMARK_INTERVAL is written[^"]*\n--prometheus is refused[^"]*$/,
		);
	});

	test('is a target that is not there, beside those that are', () => {
		expect(() => resolve({ targetName: 'x' })).toThrow(
			'There is no target @x: /etc/x/config.jsonc has @staging.',
		);
		expect(() => resolveConfig({ flags: {}, env: {}, targetName: 'x' })).toThrow(
			'There is no target @x: there is no configuration file.',
		);
	});
});
