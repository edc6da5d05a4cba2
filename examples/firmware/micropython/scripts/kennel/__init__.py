from .dogs import bark


def walk(size):
    bark(size)
