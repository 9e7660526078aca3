"""the room as a show"""

import sqlalchemy as sa
from alembic import op

from app.platform.migrating import refuse_downgrade_with

revision = '0002'
down_revision = '0001'
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table('facilitation',
    sa.Column('challenge_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.Column('since', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['challenge_id'], ['challenge.id'], name=op.f('fk_facilitation_challenge_id_challenge')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_facilitation_person_id_person')),
    sa.PrimaryKeyConstraint('challenge_id', 'person_id', name=op.f('pk_facilitation'))
    )
    with op.batch_alter_table('facilitation', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_facilitation_person_id'), ['person_id'], unique=False)

    op.create_table('device_person',
    sa.Column('device_id', sa.Integer(), nullable=False),
    sa.Column('person_id', sa.Integer(), nullable=False),
    sa.ForeignKeyConstraint(['device_id'], ['device.id'], name=op.f('fk_device_person_device_id_device'), ondelete='CASCADE'),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_device_person_person_id_person')),
    sa.PrimaryKeyConstraint('device_id', 'person_id', name=op.f('pk_device_person'))
    )
    with op.batch_alter_table('device_person', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_device_person_person_id'), ['person_id'], unique=False)

    op.create_table('reveal',
    sa.Column('id', sa.Integer(), nullable=False),
    sa.Column('round_id', sa.Integer(), nullable=False),
    sa.Column('position', sa.Integer(), nullable=False),
    sa.Column('entries', sa.Integer(), nullable=False),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('person_id', sa.Integer(), nullable=True),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_reveal_account_id_account')),
    sa.ForeignKeyConstraint(['person_id'], ['person.id'], name=op.f('fk_reveal_person_id_person')),
    sa.ForeignKeyConstraint(['round_id'], ['round.id'], name=op.f('fk_reveal_round_id_round')),
    sa.PrimaryKeyConstraint('id', name=op.f('pk_reveal'))
    )
    with op.batch_alter_table('reveal', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_reveal_round_id'), ['round_id'], unique=False)

    op.create_table('hand_count',
    sa.Column('question_id', sa.Integer(), nullable=False),
    sa.Column('entry_id', sa.Integer(), nullable=False),
    sa.Column('value', sa.Integer(), nullable=False),
    sa.Column('n', sa.Integer(), nullable=False),
    sa.Column('account_id', sa.Integer(), nullable=True),
    sa.Column('at', sa.BigInteger(), nullable=False),
    sa.ForeignKeyConstraint(['account_id'], ['account.id'], name=op.f('fk_hand_count_account_id_account')),
    sa.ForeignKeyConstraint(['entry_id'], ['entry.id'], name=op.f('fk_hand_count_entry_id_entry')),
    sa.ForeignKeyConstraint(['question_id'], ['question.id'], name=op.f('fk_hand_count_question_id_question')),
    sa.PrimaryKeyConstraint('question_id', 'entry_id', 'value', name=op.f('pk_hand_count'))
    )
    with op.batch_alter_table('hand_count', schema=None) as batch_op:
        batch_op.create_index(batch_op.f('ix_hand_count_entry_id'), ['entry_id'], unique=False)

    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.add_column(sa.Column('person_id', sa.Integer(), nullable=True))
        batch_op.create_foreign_key(batch_op.f('fk_act_person_id_person'), 'person', ['person_id'], ['id'])

    # Plain ALTERs: rebuilding a table that others refer to fails on SQLite with foreign keys on.
    op.add_column('challenge', sa.Column('idea_title_max', sa.Integer(), nullable=False, server_default='200'))
    op.add_column('challenge', sa.Column('idea_text', sa.Boolean(), nullable=False, server_default='1'))
    op.add_column('challenge', sa.Column('idea_image', sa.String(length=20), nullable=False, server_default='optional'))
    op.add_column('challenge', sa.Column('layout', sa.String(length=20), nullable=False, server_default='list'))
    op.add_column('entry', sa.Column('sealed', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('phase', sa.Column('others_visible', sa.Boolean(), nullable=False, server_default='1'))
    op.add_column('phase', sa.Column('seconds', sa.Integer(), nullable=True))
    op.add_column('phase', sa.Column('advances', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('phase', sa.Column('paused_at', sa.BigInteger(), nullable=True))
    op.add_column('round', sa.Column('writing_locked', sa.Boolean(), nullable=False, server_default='0'))
    op.add_column('round', sa.Column('notice', sa.Text(), nullable=False, server_default=''))
    op.add_column('round', sa.Column('notice_at', sa.BigInteger(), nullable=True))
    op.add_column('round', sa.Column('focus_id', sa.BigInteger(), nullable=True))
    op.add_column('round', sa.Column('places_shown', sa.Integer(), nullable=False, server_default='0'))


def downgrade() -> None:
    refuse_downgrade_with('SELECT 1 FROM hand_count', 'Hand counts have no place in the older tables.')
    refuse_downgrade_with('SELECT 1 FROM entry WHERE sealed', 'Sealed ideas would become visible.')
    with op.batch_alter_table('round', schema=None) as batch_op:
        batch_op.drop_column('places_shown')
        batch_op.drop_column('focus_id')
        batch_op.drop_column('notice_at')
        batch_op.drop_column('notice')
        batch_op.drop_column('writing_locked')

    with op.batch_alter_table('phase', schema=None) as batch_op:
        batch_op.drop_column('paused_at')
        batch_op.drop_column('advances')
        batch_op.drop_column('seconds')
        batch_op.drop_column('others_visible')

    with op.batch_alter_table('entry', schema=None) as batch_op:
        batch_op.drop_column('sealed')

    with op.batch_alter_table('challenge', schema=None) as batch_op:
        batch_op.drop_column('layout')
        batch_op.drop_column('idea_image')
        batch_op.drop_column('idea_text')
        batch_op.drop_column('idea_title_max')

    with op.batch_alter_table('act', schema=None) as batch_op:
        batch_op.drop_constraint(batch_op.f('fk_act_person_id_person'), type_='foreignkey')
        batch_op.drop_column('person_id')

    with op.batch_alter_table('hand_count', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_hand_count_entry_id'))

    op.drop_table('hand_count')
    with op.batch_alter_table('reveal', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_reveal_round_id'))

    op.drop_table('reveal')
    with op.batch_alter_table('device_person', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_device_person_person_id'))

    op.drop_table('device_person')
    with op.batch_alter_table('facilitation', schema=None) as batch_op:
        batch_op.drop_index(batch_op.f('ix_facilitation_person_id'))

    op.drop_table('facilitation')
