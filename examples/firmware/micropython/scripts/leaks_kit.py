cache = {}


def work(n):
    values = [str(n * i) for i in range(8)]
    pair = {"self": values}
    pair["pair"] = pair
    return len(", ".join(values))
