# The same work as leaks.py, and nothing of it stays: every container gives back what it takes.
import gc
import driver
import leaks_kit


class Dog:
    def __init__(self, name):
        self.name = name
        self.tricks = []

    def learn(self, n):
        self.tricks.append(bytearray(40 + n % 2))
        if len(self.tricks) > 4:
            self.tricks.pop(0)


def counter():
    seen = []

    def count(n):
        seen.append("seen %d times" % n)
        if len(seen) > 4:
            seen.pop(0)
        return len(seen)

    return count


dogs = {"rex": Dog("rex")}
count = counter()


def one_round(n):
    dogs["rex"].learn(n)
    leaks_kit.cache["answer %d" % (n % 3)] = [n] * 12
    count(n)
    driver.listen(bytearray(60))
    driver.forget()
    leaks_kit.work(n)


for n in range(30):
    one_round(n)
    gc.collect()
print("clean: done")
