from lti_room.cli import main

main()
