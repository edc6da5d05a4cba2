/* What Debian makes of this when it builds its package: a part of paths that nothing here opens. */
#define DEB_HOST_MULTIARCH "none"
