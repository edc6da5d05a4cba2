import probes_kit

probes_kit.raise_here(1051)
