SRC_USERMOD_C += $(USERMOD_DIR)/runmain.c
