"""The OpenVINO adapter: read, save and describe models."""
