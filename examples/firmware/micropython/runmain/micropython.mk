SRC_USERMOD_C += $(USERMOD_DIR)/runmain.c $(USERMOD_DIR)/threads.c
