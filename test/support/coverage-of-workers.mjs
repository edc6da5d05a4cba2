// Only ava's workers run lib/ from its files: what they start (the bundled command line, thousands of times) would write as much
// coverage again, of another file, and the report would not end.
if (process.argv[1]?.includes('/ava/lib/worker/')) delete process.env.NODE_V8_COVERAGE;
