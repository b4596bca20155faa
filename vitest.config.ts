import { defineConfig } from 'vitest/config';
import { SummaryReporter } from './test/support/summary-reporter.ts';

// What a developer's shell says about databases and colours must not reach a test.
for (const name of Object.keys(process.env)) {
	if (/^(PG[A-Z]+|DATABASE_URL|NO_COLOR|NODE_ENV|CI)$/.test(name)) delete process.env[name];
}

export default defineConfig({
	test: {
		include: ['test/**/*.test.{ts,tsx}'],
		reporters: ['default', new SummaryReporter()],
		globalSetup: ['test/support/global-setup.ts'],
		// Frames are compared as literal text, so colour is off; a test of colour sets its own level.
		env: { TZ: 'UTC', FORCE_COLOR: '0', LANG: 'C.UTF-8', LC_ALL: 'C.UTF-8' },
		// Processes, not threads: the tests set environment variables, signals and time zones.
		pool: 'forks',
		maxWorkers: 3,
		// A bound for what hangs, and no measure of speed: tests wait for conditions, on busy machines too.
		testTimeout: 60_000,
		hookTimeout: 60_000,
		teardownTimeout: 20_000,
	},
});
