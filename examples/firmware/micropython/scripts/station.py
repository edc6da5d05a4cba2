# A station of the demo: report() makes what dies at once, read() what stays.
class Reading:
    def __init__(self, hour, values):
        self.hour = hour
        self.values = values


class Station:
    def __init__(self, name):
        self.name = name
        self.history = []
        self.seen = {}

    def read(self, hour):
        values = [sample(hour, i) for i in range(6)]
        self.history.append(Reading(hour, values))
        self.seen["%s-%d" % (self.name, hour)] = True

    def report(self):
        return ", ".join(str(v) for v in lines(self.history[-1]))


def sample(hour, i):
    return 15.0 + hour / 2 - i


def lines(reading):
    for value in reading.values:
        yield "%.1f" % value
