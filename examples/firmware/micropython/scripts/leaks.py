# Five containers that only grow, each in a way of its own; everything else that a round makes dies again.
import gc
import driver
import leaks_kit


class Dog:
    def __init__(self, name):
        self.name = name
        self.tricks = []

    def learn(self, n):
        self.tricks.append(bytearray(40 + n % 2))


class Node:
    def __init__(self, value, after):
        self.value = value
        self.after = after
        self.before = after.before if after else self


def counter():
    seen = []

    def count(n):
        seen.append("seen %d times" % n)
        return len(seen)

    return count


dogs = {"rex": Dog("rex")}
count = counter()
newest = Node(0, None)


def one_round(n):
    global newest
    dogs["rex"].learn(n)
    leaks_kit.cache["answer %d" % n] = [n] * 12
    count(n)
    newest = Node(bytearray(24), newest)
    newest.after.before = newest
    driver.listen(bytearray(60))
    leaks_kit.work(n)


for n in range(30):
    one_round(n)
    gc.collect()
print("leaks: done")
